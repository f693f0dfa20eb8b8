-- The storefront of document 000 keeps nothing: it shows what the order service and, once the ERP has confirmed, the
-- enterprise service layer say.
local common = require "common"

local handlers = {}

-- Statuses behind the ERP's confirmation. Before it the layer is not asked: a look at an order that is on its way would
-- count as a poll for it.
local CONFIRMED = { ["Awaiting Shipment"] = true, ["Shipped"] = true, ["Completed"] = true }

local function shown(order)
    return {
        order_id = order.order_id,
        status = order.status,
        currency = order.currency,
        items = order.items,
        total = order.total,
        shipping_address = order.shipping_address,
        placed_at = order.created_at,
        updated_at = order.updated_at,
    }
end

function handlers.getStorefrontOrder(request, _, services)
    local id = request.path.order_id
    local order = services:call("order", "getOrder", { path = { order_id = id } })
    if order and order.status == 404 then return problem(404, "No order " .. id .. ".") end
    if not order or order.status ~= 200 then
        return common.unavailable("The order service did not answer. Try again.")
    end

    local page = shown(order.body)
    if CONFIRMED[page.status] then
        local layer = services:call("b2b-orders", "getB2bOrder", { path = { order_id = id } })
        if common.failed(layer) then
            return common.unavailable("The fulfilment of the order is not known just now. Try again.")
        end
        if layer.status == 200 then
            page.fulfillment = layer.body.fulfillment
            page.confirmation = layer.body.confirmation
        end
    end
    return 200, page, { ETag = order.header.etag }
end

return handlers
