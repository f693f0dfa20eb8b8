-- Document 004: what one order workflow asks for. Amounts follow from seed.json: prices, promotions, tax rates. What
-- the workflow writes to the cart in the end must be what follows from them.
local common = require "common"

local handlers = {}

local FIRST_CART = 3001

-- A record of the seed, or 404; 422 where it was a body that named it.
local function find(store, collection, what, id, status)
    local record = store:get(collection, id)
    if not record then refuse(status or 404, "No " .. what .. " " .. id) end
    return record
end

-- ---- carts ----

local function check_item(store, item, currency)
    local product = find(store, "products", "product", item.productId, 422)
    if not product.available then refuse(422, "Product " .. item.productId .. " is no longer sold") end
    local price = find(store, "prices", "price", item.priceId, 422)
    if price.productId ~= item.productId then
        refuse(422, "Price " .. item.priceId .. " is not one of product " .. item.productId)
    end
    if price.currency ~= currency then refuse(422, "Price " .. item.priceId .. " is in " .. price.currency) end
end

local function create_cart(request, store)
    local wanted = request.body
    find(store, "customers", "customer", wanted.customerId, 422)
    for _, item in ipairs(wanted.items) do check_item(store, item, wanted.currency) end
    local cart = copy(wanted)
    cart.cartId = "cart-" .. (store:next_id("cart") + FIRST_CART - 1)
    cart.status = "created"
    cart.createdAt = now()
    cart.updatedAt = cart.createdAt
    local version = store:put("carts", cart.cartId, cart)
    store:note("audit", { cartId = cart.cartId, to = "created" })
    return 201, cart, { Location = "/carts/" .. cart.cartId, ETag = etag(version) }
end

function handlers.createCart(request, store)
    return common.once(request, store, function() return create_cart(request, store) end, 409)
end

-- ---- what things cost ----

local function line_amount(store, item)
    return round(store:get("prices", item.priceId).unitAmount * item.quantity, 2)
end

-- What the lines of one product come to; without a product, all lines.
local function amount_of(store, cart, product_id)
    return round(sum(cart.items, function(item)
        return (product_id == nil or item.productId == product_id) and line_amount(store, item) or 0
    end), 2)
end

-- What a promotion of the seed takes off an amount: `amount`, or `percent` of it, from a `minimum` on.
local function reduction(promotion, amount)
    if amount == 0 or amount < (promotion.minimum or 0) then return 0 end
    return math.min(promotion.amount or round(amount * promotion.percent / 100, 2), amount)
end

-- The promotions that apply to the cart. Together they never take off more than there is.
local function promotions(store, cart)
    local applied, left = array(), amount_of(store, cart)
    for _, promotion in ipairs(store:list("promotions", { where = { currency = cart.currency } })) do
        local off = math.min(reduction(promotion, amount_of(store, cart, promotion.productId)), left)
        if off > 0 then
            left = round(left - off, 2)
            applied[#applied + 1] = { promotionId = promotion.promotionId, name = promotion.name,
                productId = promotion.productId, discountAmount = off }
        end
    end
    return applied
end

-- Shares of the amount by tax class, after the prices of the cart's lines. The last class takes what rounding leaves.
local function by_tax_class(store, cart, amount)
    local items, classes, order = amount_of(store, cart), {}, {}
    for _, item in ipairs(cart.items) do
        local class = store:get("products", item.productId).taxClass
        if not classes[class] then
            classes[class] = 0
            order[#order + 1] = class
        end
        classes[class] = classes[class] + line_amount(store, item)
    end
    local left = amount
    for index, class in ipairs(order) do
        local share = index == #order and left or round(items == 0 and 0 or amount * classes[class] / items, 2)
        classes[class] = share
        left = round(left - share, 2)
    end
    return classes, order
end

-- The taxes on an amount of the cart, due in a place. 422 where seed.json has no rules for it; exempt goods have none.
local function taxes(store, cart, amount, country, region)
    local rules = store:get("tax_rules", region and country .. "-" .. region or country)
        or store:get("tax_rules", country)
    if not rules then
        refuse(422, "No tax rules for " .. (region and "region " .. region .. " of " or "") .. country)
    end
    local list = array()
    local shares, order = by_tax_class(store, cart, amount)
    for _, class in ipairs(order) do
        for _, tax in ipairs(rules[class] or {}) do
            list[#list + 1] = { name = tax.name, rate = tax.rate, amount = round(shares[class] * tax.rate, 2) }
        end
    end
    return list, round(sum(list, "amount"), 2)
end

-- The three amounts that follow from the cart.
local function totals(store, cart)
    local customer = store:get("customers", cart.customerId)
    local items = amount_of(store, cart)
    local discount = round(sum(promotions(store, cart), "discountAmount"), 2)
    local _, tax = taxes(store, cart, round(items - discount, 2), customer.country, customer.region)
    return { discountAmount = discount, taxAmount = tax, totalAmount = round(items - discount + tax, 2) }
end

local function same_totals(a, b)
    return a.totalAmount == b.totalAmount and a.taxAmount == b.taxAmount and a.discountAmount == b.discountAmount
end

local function check_totals(wanted, expected)
    if wanted.discountAmount ~= expected.discountAmount then
        refuse(422, "The promotions take off " .. common.money(expected.discountAmount) .. ", the discount says "
            .. common.money(wanted.discountAmount))
    end
    if wanted.taxAmount ~= expected.taxAmount then
        refuse(422, "The taxes come to " .. common.money(expected.taxAmount) .. ", the tax says "
            .. common.money(wanted.taxAmount))
    end
    if wanted.totalAmount ~= expected.totalAmount then
        refuse(422, "Items less discount plus tax come to " .. common.money(expected.totalAmount)
            .. ", the total says " .. common.money(wanted.totalAmount))
    end
end

function handlers.updateCart(request, store)
    local id, wanted = request.path.cartId, request.body
    local cart, version = store:get("carts", id)
    if not cart then return problem(404, "No cart " .. id) end
    common.expect_version(request, version)
    if same_totals(cart, wanted) then return 200, cart, { ETag = etag(version) } end
    if cart.status == "submitted" then refuse(409, "Cart " .. id .. " is submitted") end
    check_totals(wanted, totals(store, cart))
    lifecycle.move("workflow-cart", cart.status, "priced")
    for field, amount in pairs(wanted) do cart[field] = amount end
    cart.status = "priced"
    cart.updatedAt = now()
    version = store:put("carts", id, cart, request.header["if-match"])
    store:note("audit", { cartId = id, to = "priced", totalAmount = cart.totalAmount })
    return 200, cart, { ETag = etag(version) }
end

-- ---- what the loop over the products asks for ----

function handlers.getProduct(request, store)
    return 200, find(store, "products", "product", request.path.productId)
end

function handlers.getPrices(request, store)
    return 200, find(store, "prices", "price", request.path.priceId)
end

function handlers.getCustomer(request, store)
    return 200, find(store, "customers", "customer", request.path.customerId)
end

function handlers.getPromotionsForCart(request, store)
    local cart = find(store, "carts", "cart", request.query.cartId)
    local product_id = request.query.productId
    local list = array()
    for _, promotion in ipairs(promotions(store, cart)) do
        if not product_id or not promotion.productId or promotion.productId == product_id then
            list[#list + 1] = promotion
        end
    end
    return 200, { cartId = cart.cartId, promotions = list }
end

function handlers.getTaxes(request, store)
    local query = request.query
    local cart = find(store, "carts", "cart", query.cartId, 422)
    local amount = tonumber(query.amount)
    if amount >= common.MOST_MONEY then refuse(422, "Amounts are below " .. common.money(common.MOST_MONEY)) end
    local list, tax = taxes(store, cart, amount, query.country, query.region)
    return 200,
        { cartId = cart.cartId, currency = query.currency, taxableAmount = amount, taxAmount = tax, taxes = list }
end

-- ---- events ----

-- The order is complete when the event says what the cart says. Any other event is taken as well (the contract knows
-- no refusal) and handed on to nobody.
local function submit(store, event)
    local cart = store:get("carts", event.cartId)
    if not cart or cart.status ~= "priced" or cart.customerId ~= event.customerId or not same_totals(cart, event) then
        return false
    end
    lifecycle.move("workflow-cart", cart.status, "submitted")
    cart.status = "submitted"
    cart.updatedAt = now()
    store:put("carts", cart.cartId, cart)
    store:note("audit", { cartId = cart.cartId, to = "submitted" })
    return true
end

function handlers.receiveEvent(request, store, services)
    local event = request.body
    if not store:get("events", event.eventId) then
        store:put("events", event.eventId, event)
        local note = copy(event)
        note.event = event.eventType
        note.handed_on = submit(store, event)
        store:note("events", note)
        if not note.handed_on then
            services:alert("Event " .. event.eventId .. " does not fit cart " .. event.cartId .. ".")
        end
    end
    return 202, { eventId = event.eventId, status = "accepted" }
end

return handlers
