-- The ERP of document 000: accepts an order once, sets the goods aside, and answers with fulfilment and confirmation.
--
-- seed.json names the products it does not know (refused) and those it has few of (stock); of any other product it has
-- enough, since the test products of the document are the client's own.
local common = require "common"

local handlers = {}

local DAY = 24 * 60 * 60

local function check_products(store, items)
    for index, line in ipairs(items) do
        if store:get("refused", line.product_id) then
            refuse(422, "No product " .. line.product_id .. ".",
                common.at("/items/" .. (index - 1) .. "/product_id", "unknown product"))
        end
    end
end

-- How many of the pieces can be set aside; they are taken from the stock.
local function take(store, product_id, pieces)
    local stock = store:get("stock", product_id)
    if not stock then return pieces end
    local taken = math.min(pieces, stock.quantity)
    stock.quantity = stock.quantity - taken
    store:put("stock", product_id, stock)
    return taken
end

-- What is set aside, line by line, and whether that is all of it.
local function set_aside(store, items)
    local lines, complete = array(), true
    for _, line in ipairs(items) do
        local taken = take(store, line.product_id, line.quantity)
        complete = complete and taken == line.quantity
        lines[#lines + 1] = { product_id = line.product_id, quantity = taken }
    end
    return lines, complete
end

local function day(days_from_now)
    return timestamp(clock() + days_from_now * DAY):sub(1, 10)
end

local function fulfil(store, lines)
    local tracking = store:next_id("tracking", "1Z999AA1%010d")
    return {
        warehouse = "EAST-1",
        carrier = "UPS",
        tracking_number = tracking,
        tracking_url = "https://tracking.example.com/" .. tracking,
        ships_on = day(1),
        arrives_on = day(4),
        lines = lines,
    }
end

local function create_erp_order(request, store)
    local wanted = request.body
    local known = store:get("orders", wanted.order_id)
    if known then
        refuse(409, "Order " .. wanted.order_id .. " was accepted as " .. known.confirmation.number .. ".")
    end
    common.check_lines(wanted.items, wanted.total)
    check_products(store, wanted.items)
    local lines, complete = set_aside(store, wanted.items)
    local order = {
        order_id = wanted.order_id,
        status = complete and "accepted" or "backordered",
        currency = wanted.currency,
        total = wanted.total,
        fulfillment = fulfil(store, lines),
        confirmation = { number = store:next_id("confirmation", "ERP-55%05d"), confirmed_at = now() },
    }
    store:put("orders", order.order_id, order)
    store:note("events",
        { event = "OrderAccepted", order_id = order.order_id, status = order.status, total = order.total })
    return 201, order, { Location = "/erp/orders/" .. order.order_id }
end

function handlers.createErpOrder(request, store)
    return common.once(request, store, function() return create_erp_order(request, store) end)
end

function handlers.getErpOrder(request, store)
    local order = store:get("orders", request.path.order_id)
    if not order then return problem(404, "No order " .. request.path.order_id .. ".") end
    return 200, order
end

return handlers
