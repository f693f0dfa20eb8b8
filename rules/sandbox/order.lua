-- The order service of document 000: keeps orders, and forwards one to the enterprise service layer (b2b-orders) when
-- its status becomes "Awaiting Fulfillment".
local common = require "common"

local handlers = {}

local FORWARDED = "Awaiting Fulfillment"
local CONFIRMED = "Awaiting Shipment"

local function find(store, id)
    local order, version = store:get("orders", id)
    if not order then refuse(404, "No order " .. id .. ".") end
    return order, version
end

local function mail(store, order, subject)
    store:note("outbox", { to = order.customer.email, subject = subject, order_id = order.order_id })
end

local function new_order(store, wanted)
    local order = copy(wanted)
    order.order_id = store:next_id("order", "SO-1%05d")
    order.status = "Pending"
    order.created_at = now()
    order.updated_at = order.created_at
    return order
end

local function create_order(request, store)
    local wanted = request.body
    local sold = store:get("sold", wanted.cart_id)
    if sold then refuse(409, "Cart " .. wanted.cart_id .. " became order " .. sold.order_id .. ".") end
    common.check_lines(wanted.items, wanted.total)
    local order = new_order(store, wanted)
    local version = store:put("orders", order.order_id, order)
    store:put("sold", order.cart_id, { order_id = order.order_id })
    store:note("events",
        { event = "OrderPlaced", order_id = order.order_id, cart_id = order.cart_id, total = order.total })
    mail(store, order, "We have your order " .. order.order_id)
    return 201, order, { Location = "/order/orders/" .. order.order_id, ETag = etag(version) }
end

function handlers.createOrder(request, store)
    return common.once(request, store, function() return create_order(request, store) end)
end

function handlers.getOrder(request, store)
    local order, version = find(store, request.path.order_id)
    return 200, order, { ETag = etag(version) }
end

-- true once the layer has the order. That it has it already (409) is as good: an answer may have been lost.
local function forward(services, order)
    local answer = services:call("b2b-orders", "createB2bOrder", {
        body = {
            order_id = order.order_id,
            cart_id = order.cart_id,
            customer = order.customer,
            shipping_address = order.shipping_address,
            currency = order.currency,
            items = order.items,
            total = order.total,
        },
    })
    return answer ~= nil and (answer.status == 201 or answer.status == 409)
end

local function change_status(store, order, wanted, if_match)
    store:note("audit", { order_id = order.order_id, from = order.status, to = wanted })
    order.status = wanted
    order.updated_at = now()
    local version = store:put("orders", order.order_id, order, if_match)
    if wanted == CONFIRMED then mail(store, order, "Your order " .. order.order_id .. " will be shipped") end
    return 200, order, { ETag = etag(version) }
end

-- The layer is told first: an order that it does not have must not wait for fulfilment. The claim keeps the order as it
-- is until the layer has answered.
local function change_and_forward(store, services, order, if_match)
    local id = order.order_id
    common.claim(store, id)
    local done = forward(services, order)
    common.release(store, id)
    if not done then
        return common.unavailable("The enterprise service layer did not answer. The order was not changed.")
    end
    return change_status(store, find(store, id), FORWARDED, if_match)
end

function handlers.updateOrderStatus(request, store, services)
    local id, wanted = request.path.order_id, request.body.status
    local order, version = find(store, id)
    common.expect_version(request, version)
    if order.status == wanted then return 200, order, { ETag = etag(version) } end
    lifecycle.move("shop-order", order.status, wanted)
    local claim = store:get("claims", id)
    if claim and common.is_fresh(claim) then refuse(409, "Order " .. id .. " is being forwarded.") end
    local if_match = request.header["if-match"]
    if wanted == FORWARDED then return change_and_forward(store, services, order, if_match) end
    return change_status(store, order, wanted, if_match)
end

return handlers
