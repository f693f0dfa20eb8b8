-- The enterprise service layer of document 000, between the shop and the ERP.
--
-- A forwarded order arrives late, so that clients have to poll. How late is a setting of this service, kept with each
-- order when it is forwarded:
--     appears_after: { polls: 2 }      the first two questions for it are answered 404 (the default)
--     appears_after: { seconds: 3 }    404 until three seconds have passed
--     retry_after: 1                   seconds that a client is told to wait between two polls
-- Orders on the way are apart (under_way) from those that have arrived (orders).
local callers = require "callers"
local common = require "common"

local handlers = {}

local ORDERS_A_PAGE = 20
local TELL_AGAIN_MILLISECONDS = 1000
local TELL_TIMES = 5

-- ---- arriving ----

function handlers.createB2bOrder(request, store)
    local id = request.body.order_id
    if store:get("orders", id) or store:get("under_way", id) then refuse(409, "Order " .. id .. " is already here.") end
    local order = copy(request.body)
    order.cart_id = nil -- the layer's orders do not show it
    order.status = "received"
    order.received_at = now()
    order.updated_at = order.received_at
    local after = settings.appears_after or { polls = 2 }
    store:put("under_way", id, { order = order, polls = after.polls or 0, at = clock() + (after.seconds or 0) })
    store:note("events", { event = "OrderForwarded", order_id = id, total = order.total })
    return 201, order, { Location = "/b2b/orders/" .. id, ETag = etag(1) }
end

-- Somebody asks for an order that is on its way: one poll less to wait, or it arrives.
local function ask_for(store, id, coming)
    if coming.polls > 0 or clock() < coming.at then
        coming.polls = math.max(coming.polls - 1, 0)
        store:put("under_way", id, coming)
        return nil
    end
    store:delete("under_way", id)
    store:put("orders", id, coming.order)
    return coming.order
end

-- The order, if it is there by now. Every look at one that is not counts as a poll.
local function look(store, id)
    local order, version = store:get("orders", id)
    if order then return order, version end
    local coming = store:get("under_way", id)
    if coming then return ask_for(store, id, coming), 1 end
end

local function not_here(id)
    local status, body = problem(404, "Order " .. id .. " has not arrived. Ask again.")
    return status, body, { ["Retry-After"] = tostring(settings.retry_after or 1) }
end

function handlers.getB2bOrder(request, store)
    local id = request.path.order_id
    local order, version = look(store, id)
    if not order then return not_here(id) end
    return 200, order, { ETag = etag(version) }
end

-- A page ends at a number of older orders, which newer ones do not change: that number is the cursor.
function handlers.listB2bOrders(request, store)
    for _, coming in ipairs(store:list("under_way")) do ask_for(store, coming.order.order_id, coming) end
    local where = request.query.status and { status = request.query.status } or nil
    local total = store:count("orders", where)
    local last = request.query.cursor and math.tointeger(tonumber(request.query.cursor)) or nil
    if request.query.cursor and not last then refuse(400, "The cursor is not one of this list.") end
    last = math.max(math.min(last or total, total), 0)
    local first = math.max(last - (math.tointeger(tonumber(request.query.limit)) or ORDERS_A_PAGE), 0)

    local page = { orders = array() }
    if last > first then
        local oldest_first = store:list("orders", { where = where, offset = first, limit = last - first })
        for index = #oldest_first, 1, -1 do page.orders[#page.orders + 1] = oldest_first[index] end
    end
    if first > 0 then page.next_cursor = tostring(first) end
    return 200, page
end

-- ---- the ERP's answer ----

local function pieces_ordered(order)
    local pieces = {}
    for _, line in ipairs(order.items) do pieces[line.product_id] = (pieces[line.product_id] or 0) + line.quantity end
    return pieces
end

local function check_fulfillment(order, fulfillment)
    local left = pieces_ordered(order)
    for index, line in ipairs(fulfillment.lines) do
        local place = "/fulfillment/lines/" .. (index - 1)
        if not left[line.product_id] then
            refuse(422, "The fulfilment names a product that the order does not have.",
                common.at(place .. "/product_id", "not ordered"))
        end
        left[line.product_id] = left[line.product_id] - line.quantity
        if left[line.product_id] < 0 then
            refuse(422, "The fulfilment sets more aside than was ordered.", common.at(place .. "/quantity", "too many"))
        end
    end
end

-- The shop's order moves on with the ERP's confirmation. true: it knows. The caller's token goes along, where there is
-- a caller.
local function tell_shop(services, id, header)
    local answer = services:call("order", "updateOrderStatus",
        { path = { order_id = id }, header = header, body = { status = "Awaiting Shipment" } })
    return answer ~= nil and (answer.status == 200 or answer.status == 404) -- 404: an order that is not the shop's
end

-- The layer does not give up at once when the shop is down.
local function tell_shop_later(services, id, times)
    if times > TELL_TIMES then
        services:alert("The shop did not take the confirmation of order " .. id .. ".", { order_id = id })
        return
    end
    services:later(TELL_AGAIN_MILLISECONDS * times, "tell_shop", { order_id = id, times = times })
end

handlers["later:tell_shop"] = function(message, _, services)
    local id = message.order_id
    if not tell_shop(services, id, { Authorization = "Bearer b2b-orders" }) then
        tell_shop_later(services, id, message.times + 1)
    end
end

local function confirm(store, order, answer, if_match)
    check_fulfillment(order, answer.fulfillment)
    order.fulfillment = answer.fulfillment
    order.confirmation = answer.confirmation
    order.status = "confirmed"
    order.updated_at = now()
    store:note("events",
        { event = "OrderConfirmed", order_id = order.order_id, confirmation = answer.confirmation.number })
    return store:put("orders", order.order_id, order, if_match)
end

function handlers.updateB2bOrder(request, store, services)
    local id, answer = request.path.order_id, request.body
    local order, version = store:get("orders", id)
    if not order then return not_here(id) end
    common.expect_version(request, version)
    if order.status == "confirmed" then
        if not callers.same(order.fulfillment, answer.fulfillment)
            or not callers.same(order.confirmation, answer.confirmation) then
            refuse(409, "Order " .. id .. " was confirmed as " .. order.confirmation.number .. ".")
        end
        return 200, order, { ETag = etag(version) }
    end
    version = confirm(store, order, answer, request.header["if-match"])
    if not tell_shop(services, id) then tell_shop_later(services, id, 1) end
    return 200, order, { ETag = etag(version) }
end

return handlers
