-- order-management.lua -- the whole life of an order, from the cart to the door (document 003).
--
-- settings.webhook_url = "http://127.0.0.1:9000/hook"    is told every change
-- settings.webhook_retry_ms = 5000     what was not taken is sent again after so long
-- settings.fulfilment_ms = 2000        how long the goods of a confirmed order take to leave
-- settings.unknown_carts = "made"      a cart that the seed does not have is made from its id; otherwise 422
-- settings.payment = "failing"         no payment comes through: 500, and an alert
-- settings.rate_limit = { requests = 50, per_seconds = 1 }
--
-- Which moves an order may make is in rules/lifecycles.yaml. Whoever created an order may see and move it; admins may
-- see and move all, and they alone cancel what is confirmed. An order of the seed has no owner and is everybody's.
local callers = require "callers"
local notices = require "order-management-notices"

local FIRST_NUMBER = 12346 -- of the seed's last order: ORD12346
local FULFILMENT = 2000    -- milliseconds
local PAGE, LIMIT = 1, 20  -- what the contract says of a list without them

local HIDDEN = { "number", "owner", "cart_id" }

-- What a client sees of an order.
local function view(order)
    local seen = copy(order)
    for _, field in ipairs(HIDDEN) do
        seen[field] = nil
    end
    return seen
end

-- ---- who asks ----

-- { id, role, user_id }. Any token is a customer's, but for those that the seed's "tokens" give a role or a user.
local function caller_of(request, store)
    local token = request.token or ""
    local known = #token <= 64 and store:get("tokens", token) or {}
    return { id = callers.of(request), role = known.role or "customer", user_id = known.user_id }
end

local function owns(caller, order)
    return caller.role == "admin" or not order.owner or order.owner == caller.id
        or (caller.user_id and caller.user_id == order.user_id)
end

-- Find the order of the path, for somebody who may see it.
local function with_order(handler)
    return function(request, store, services)
        local id = request.path.order_id
        local order, version = store:get("orders", id)
        if not order then
            return problem(404, "No order " .. id .. ".")
        end
        local caller = caller_of(request, store)
        if not owns(caller, order) then
            return problem(403, "Order " .. id .. " belongs to another user.")
        end
        return handler({ request = request, store = store, services = services, caller = caller }, order, version)
    end
end

-- ---- from a cart to an order ----

-- A cart that nobody has filled, the same each time for the same id: one to three of one product.
local function made_cart(store, cart_id)
    local number = tonumber(callers.fingerprint(cart_id):sub(1, 7), 16)
    local products = store:list("products", { order = "product_id" })
    local product = products[number % #products + 1]
    return { items = array { { product_id = product.product_id, quantity = number % 3 + 1 } } }
end

local function cart_of(store, cart_id)
    local cart = store:get("carts", cart_id)
    if not cart and settings.unknown_carts == "made" then
        return made_cart(store, cart_id)
    end
    return cart
end

-- The lines of a cart with the names and prices that the catalogue has now: an order keeps them.
local function lines_of(store, cart)
    local lines = array()
    for index, line in ipairs(cart.items) do
        local product = store:get("products", line.product_id)
        lines[index] = {
            product_id = line.product_id,
            name = product.name,
            quantity = line.quantity,
            price = product.price,
        }
    end
    return lines
end

local function total_of(lines, cart)
    local goods = sum(lines, function(line)
        return line.quantity * line.price
    end)
    return round(goods + (cart.shipping or 0) + (cart.tax or 0), 2)
end

-- What is kept of a payment. The card itself is known to the payment gateway alone, which tells its last four digits.
local function payment_of(method)
    if not method:find("card") then
        return { method = method }
    end
    return { method = method, account = string.format("**** **** **** %04d", random(0, 9999)) }
end

local function create(request, store, services)
    local wish, caller = request.body, caller_of(request, store)
    if caller.user_id and caller.user_id ~= wish.user_id then
        return problem(403, "This token orders for " .. caller.user_id .. " alone.")
    end
    local before = store:get("ordered_carts", wish.cart_id)
    if before then
        return problem(409, "Cart " .. wish.cart_id .. " became order " .. before.order_id .. ".")
    end
    local cart = cart_of(store, wish.cart_id)
    if not cart then
        local place = { pointer = "/cart_id", detail = "no cart has this identifier" }
        return problem(422, "No cart " .. wish.cart_id .. ".", { errors = array { place } })
    end

    local number = FIRST_NUMBER + store:next_id("order")
    local lines = lines_of(store, cart)
    local order = {
        order_id = "ORD" .. number,
        number = number,
        owner = caller.id,
        cart_id = wish.cart_id,
        user_id = wish.user_id,
        status = "pending",
        payment_status = "unpaid",
        shipping_status = "pending",
        items = lines,
        total = total_of(lines, cart),
        shipping_address = wish.shipping_address,
        payment = payment_of(wish.payment_method),
        created_at = now(),
    }
    local version = store:put("orders", order.order_id, order)
    store:put("ordered_carts", wish.cart_id, { order_id = order.order_id })
    notices.audit(store, order, { action = "created", to = "pending", by = caller })
    notices.tell(store, services, order, "created")
    local body = { order_id = order.order_id, status = order.status, message = "Order received and pending payment." }
    return 201, body, { Location = "/api/orders/" .. order.order_id, ETag = etag(version) }
end

-- ---- what a move brings with it ----

local arriving = {}

-- Confirmed means paid (the diagram of the document): there is a bill from now on, and the warehouse has a job.
function arriving.confirmed(order, store, services)
    if settings.payment == "failing" then
        services:alert("A payment could not be processed.", { order_id = order.order_id, total = order.total })
        refuse(500, "The payment could not be processed. The order was not changed.")
    end
    order.payment_status, order.shipping_status = "paid", "processing"
    store:put("invoices", order.order_id, {
        invoice_id = "INV" .. order.number,
        order_id = order.order_id,
        issued_at = now(),
        items = order.items,
        total = order.total,
    })
    store:put("fulfilments", order.order_id, { order_id = order.order_id, status = "queued", queued_at = now() })
    services:later(settings.fulfilment_ms or FULFILMENT, "fulfil", { order_id = order.order_id })
end

function arriving.shipped(order)
    order.shipping_status = "shipped"
end

function arriving.delivered(order)
    order.shipping_status = "delivered"
end

function arriving.cancelled(order)
    order.shipping_status = "cancelled"
    if order.payment_status == "paid" then
        order.payment_status = "refunded"
    end
end

-- Bring the order to a state that its lifecycle allows; the new version. One change, one transaction: whatever refuses
-- takes all of it back, messages included.
local function move(visit, order, to)
    local store, services, from, paid = visit.store, visit.services, order.status, order.payment_status
    if from == "confirmed" and to == "cancelled" and visit.caller.role ~= "admin" then
        refuse(403, "Order " .. order.order_id .. " is confirmed: only an administrator can cancel it.")
    end
    order.status = to
    arriving[to](order, store, services)
    local version = store:put("orders", order.order_id, order, visit.request.header["if-match"])
    notices.audit(store, order, { action = "moved", from = from, to = to, by = visit.caller })
    notices.tell(store, services, order, to)
    if order.payment_status ~= paid and order.payment_status == "refunded" then
        notices.tell(store, services, order, "refunded")
    end
    return version
end

-- ---- the operations ----

local handlers = {}

function handlers.createOrder(request, store, services)
    return callers.once(request, store, function()
        return create(request, store, services)
    end, function()
        return problem(422, "This Idempotency-Key came with another body before.")
    end)
end

handlers.getOrder = with_order(function(_, order, version)
    return 200, view(order), { ETag = etag(version) }
end)

handlers.updateOrderStatus = with_order(function(visit, order, version)
    local to = visit.request.body.status
    -- It is so already, and nothing changes: then also an If-Match of before is no reason to refuse (RFC 9110, 13.1.1).
    if to ~= order.status then
        lifecycle.move("order", order.status, to)
        version = move(visit, order, to)
    end
    return 200, view(order), { ETag = etag(version) }
end)

handlers.cancelOrder = with_order(function(visit, order)
    if not lifecycle.allows("order", order.status, "cancelled") or order.status == "cancelled" then
        return problem(409, "Order " .. order.order_id .. " is " .. order.status .. ".")
    end
    move(visit, order, "cancelled")
    return 200, { message = "Order " .. order.order_id .. " cancelled successfully." }
end)

handlers.getInvoice = with_order(function(visit, order)
    local invoice = visit.store:get("invoices", order.order_id)
    if not invoice then
        return problem(409, "Order " .. order.order_id .. " is not confirmed.")
    end
    invoice.payment_status = order.payment_status
    return 200, invoice
end)

function handlers.listOrders(request, store)
    local caller, query = caller_of(request, store), request.query
    local where = { user_id = query.user_id, status = query.status }
    if caller.user_id then
        if query.user_id and query.user_id ~= caller.user_id then
            return problem(403, "This token lists the orders of " .. caller.user_id .. " alone.")
        end
        where.user_id = caller.user_id
    elseif caller.role ~= "admin" then
        where.owner = array { caller.id, null } -- one's own, and those of the seed
    end
    local page, limit = tonumber(query.page) or PAGE, tonumber(query.limit) or LIMIT
    local part = { where = where, order = "-number", offset = (page - 1) * limit, limit = limit }
    local found, total = store:list("orders", part)
    local orders = array()
    for index, order in ipairs(found) do
        orders[index] = view(order)
    end
    return 200, { orders = orders, page = page, limit = limit, total_count = total }
end

handlers = callers.limited(handlers, function(seconds, rate)
    local status, body = problem(429, "At most " .. rate.requests .. " requests in " .. rate.per_seconds .. " seconds.")
    return status, body, { ["Retry-After"] = tostring(seconds) }
end)

-- ---- what happens without a request ----

-- The warehouse comes to the job. The goods leave, unless the order was cancelled or moved on meanwhile; the order
-- itself becomes shipped when somebody says so (the document's sample: confirmed, and its goods are on their way).
handlers["later:fulfil"] = function(job, store)
    local order = store:get("orders", job.order_id)
    local leaves = order.status == "confirmed" and order.shipping_status == "processing"
    if leaves then
        order.shipping_status = "shipped"
        store:put("orders", order.order_id, order)
        notices.audit(store, order, { action = "goods left", by = { role = "warehouse" } })
    end
    local status = order.status == "cancelled" and "dropped" or "done"
    store:put("fulfilments", order.order_id, { order_id = order.order_id, status = status, done_at = now() })
end

handlers["later:deliver"] = notices.deliver_again

return handlers
