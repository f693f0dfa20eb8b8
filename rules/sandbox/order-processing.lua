-- order-processing.lua -- orders that take their products out of an inventory, and give them back (document 002).
--
-- settings.partial_fulfilment = false    an order is refused as soon as one of its products is out of stock; otherwise
--                                        the others are placed, and it is named in out_of_stock (edge case 2)
-- settings.inventory = "unreachable"     the inventory service answers nobody: 503 after all tries, and an alert
-- settings.inventory = { fails = 2 }     … or not to the first two tries of each request
-- settings.rate_limit = { requests = 50, per_seconds = 1 }
--
-- Every handler looks first and writes last, so that a refusal has nothing to take back. Transactions come one after
-- another: of two orders for the last item, the second sees an empty shelf.
local callers = require "callers"

local TRIES = 3          -- to reach the inventory, before giving up
local TIMEOUT = 2000     -- milliseconds of one try
local RETRY_AFTER = 5    -- seconds that a client is asked to wait
local FIRST_ORDER = 1001 -- ord-1001 is the order of the seed
local MOST_OF_ONE = 9999 -- pieces of a product in an order, and
local MOST_PRODUCTS = 100 -- products: the bounds of the contract

local INVALID = "Invalid request. Please review your request and ensure everything is correct."
local OUT_OF_STOCK = "Product out of stock."

-- The body that the contract documents, with this sentence in it.
local function failure(status, sentence, headers)
    local _, body = problem(status, sentence)
    return status, body, headers
end

local function key_reused()
    return failure(409, "This Idempotency-Key came with another request before.")
end

-- ---- the inventory ----

local function failing_tries()
    local switch = settings.inventory
    if switch == "unreachable" then
        return TRIES
    end
    return type(switch) == "table" and switch.fails or 0
end

-- Is the inventory service there, now or at a later try? Tries that failed are listed in "inventory"; when all of them
-- did, the admins hear of it.
local function reach_inventory(request, store, services)
    for try = 1, TRIES do
        if try > failing_tries() then
            return true
        end
        store:note("inventory", { try = try, failure = "timeout", timeout_ms = TIMEOUT, request = request.id })
    end
    local details = { operation = request.operation, request = request.id, tries = TRIES, timeout_ms = TIMEOUT }
    services:alert("The inventory cannot be reached.", details)
    return false
end

local function no_inventory()
    local headers = { ["Retry-After"] = tostring(RETRY_AFTER) }
    return failure(503, "The inventory cannot be reached. Please try again later.", headers)
end

local function in_stock(store, product_id)
    local product = store:get("inventory", product_id)
    return product and product.product_count or 0
end

-- Take count pieces off the shelf, or put them back (count below 0). Every move is listed in "stock".
local function take(store, order_id, product_id, count)
    if count == 0 then
        return
    end
    local left = in_stock(store, product_id) - count
    local status = left > 0 and "in_stock" or "out_of_stock"
    local product = { product_id = product_id, product_count = left, status = status }
    store:put("inventory", product_id, product)
    product.change, product.order_id = -count, order_id
    store:note("stock", product)
end

-- ---- products ----

local function find(products, product_id)
    for _, product in ipairs(products) do
        if product.product_id == product_id then
            return product
        end
    end
end

-- Each product once, with all that was asked of it; nil when that is more than an order holds.
local function gathered(products)
    local each = array()
    for _, product in ipairs(products) do
        local known = find(each, product.product_id)
        if known then
            known.item_count = known.item_count + product.item_count
        else
            known = copy(product)
            each[#each + 1] = known
        end
        if known.item_count > MOST_OF_ONE then
            return nil
        end
    end
    return each
end

-- Those that the shelf has enough of, and those that it has not. A product is ordered whole or not at all.
local function divided(store, products)
    local there, missing = array(), array()
    for _, product in ipairs(products) do
        local list = in_stock(store, product.product_id) >= product.item_count and there or missing
        list[#list + 1] = product
    end
    return there, missing
end

-- The products of an order after a change: each of `changes` with its new count, without those that became 0.
local function changed(products, changes)
    local result = array()
    for _, product in ipairs(products) do
        local count = (find(changes, product.product_id) or product).item_count
        if count > 0 then
            result[#result + 1] = { product_id = product.product_id, item_count = count }
        end
    end
    for _, change in ipairs(changes) do
        if change.item_count > 0 and not find(products, change.product_id) then
            result[#result + 1] = copy(change)
        end
    end
    return result
end

local function each_once(products)
    for index, product in ipairs(products) do
        if find(products, product.product_id) ~= products[index] then
            return false
        end
    end
    return true
end

-- ---- orders ----

-- What a client sees of an order; whose it is stays here.
local function view(order)
    return { order_id = order.order_id, order_status = order.order_status, products = order.products }
end

-- Find the order of the path for its owner. An order of the seed has no owner and is everybody's.
local function with_order(handler)
    return function(request, store, services)
        local order, version = store:get("orders", request.path.order_id)
        if not order then
            return failure(404, "Order not found. Ensure supplied order_id is correct.")
        elseif order.owner and order.owner ~= callers.of(request) then
            return failure(403, "This order belongs to another user.")
        end
        return handler(request, store, services, order, version)
    end
end

local function place(request, store, services)
    local wanted = gathered(request.body.products)
    if not wanted then
        return failure(400, INVALID)
    elseif not reach_inventory(request, store, services) then
        return no_inventory()
    end
    local there, missing = divided(store, wanted)
    if #there == 0 or (#missing > 0 and settings.partial_fulfilment == false) then
        return failure(404, OUT_OF_STOCK)
    end

    local order_id = "ord-" .. FIRST_ORDER + store:next_id("order")
    local placed = array()
    for _, product in ipairs(there) do
        take(store, order_id, product.product_id, product.item_count)
        placed[#placed + 1] = { product_id = product.product_id, product_count = product.item_count }
    end
    local order = { order_id = order_id, order_status = "placed", products = there, owner = callers.of(request) }
    local version = store:put("orders", order_id, order)
    local body = { message = "Success! Order placed", order_id = order_id, products = placed }
    if #missing > 0 then
        body.out_of_stock = missing
    end
    return 200, body, { ETag = etag(version) }
end

local function update(request, store, services, order)
    local changes = request.body.products
    local products = changed(order.products, changes)
    if not lifecycle.allows("placed-order", order.order_status, "placed") then
        return failure(409, "The order is cancelled and can no longer be changed.")
    elseif not each_once(changes) or #products > MOST_PRODUCTS then
        return failure(400, INVALID)
    elseif not reach_inventory(request, store, services) then
        return no_inventory()
    end

    local more = {} -- pieces of each product that the order needs beside those that it has
    for index, change in ipairs(changes) do
        local had = find(order.products, change.product_id)
        more[index] = change.item_count - (had and had.item_count or 0)
        if more[index] > in_stock(store, change.product_id) then
            return failure(404, OUT_OF_STOCK)
        end
    end
    for index, change in ipairs(changes) do
        take(store, order.order_id, change.product_id, more[index])
    end
    order.products = products
    local version = store:put("orders", order.order_id, order, request.header["if-match"])
    local body = view(order)
    body.message, body.products = "Order successfully updated", changes
    return 200, body, { ETag = etag(version) }
end

local handlers = {}

function handlers.placeOrder(request, store, services)
    return callers.once(request, store, function()
        return place(request, store, services)
    end, key_reused)
end

handlers.getOrder = with_order(function(_, _, _, order, version)
    return 200, view(order), { ETag = etag(version) }
end)

function handlers.updateOrder(request, store, services)
    return callers.once(request, store, function()
        return with_order(update)(request, store, services)
    end, key_reused)
end

handlers.cancelOrder = with_order(function(request, store, services, order)
    if not lifecycle.allows("placed-order", order.order_status, "cancelled") then
        return failure(409, "The order is cancelled already.")
    elseif not reach_inventory(request, store, services) then
        return no_inventory()
    end
    for _, product in ipairs(order.products) do
        take(store, order.order_id, product.product_id, -product.item_count)
    end
    order.order_status = "cancelled"
    store:put("orders", order.order_id, order, request.header["if-match"])
    return 200, { message = "Order successfully cancelled" }
end)

return callers.limited(handlers, function(seconds)
    return failure(429, "Too many requests. Please slow down.", { ["Retry-After"] = tostring(seconds) })
end)
