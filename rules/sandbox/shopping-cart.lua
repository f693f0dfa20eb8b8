-- The shopping cart of document 000: carts, priced to the cent, open until they are checked out.
--
-- No operation closes a cart: checkout reads it, naming itself (Checkout-Id). That holds the cart. From then on the
-- cart asks checkout what became of it, and a cart that is an order does not change any more. So what was ordered is
-- what the cart shows, whoever else adds to it at that moment.
local common = require "common"

local handlers = {}

local MOST_LINES = 100
local MOST_PIECES = 9999

local function priced(item)
    local line = copy(item)
    line.line_total = round(line.quantity * line.unit_price, 2)
    return line
end

-- The line that the item adds to: the same product at the same price.
local function line_of(cart, item)
    for _, line in ipairs(cart.items) do
        if line.product_id == item.product_id and line.unit_price == item.unit_price then return line end
    end
end

local function add(cart, item)
    local line = line_of(cart, item)
    if not line then
        if #cart.items == MOST_LINES then refuse(422, "A cart holds at most " .. MOST_LINES .. " items.") end
        cart.items[#cart.items + 1] = priced(item)
        return
    end
    line.quantity = line.quantity + item.quantity
    if line.quantity > MOST_PIECES then
        refuse(422, "A cart holds at most " .. MOST_PIECES .. " pieces of a product.")
    end
    line.line_total = round(line.quantity * line.unit_price, 2)
end

local function add_up(cart)
    cart.total = round(sum(cart.items, "line_total"), 2)
    if cart.total >= common.MOST_MONEY then
        refuse(422, "A cart is worth less than " .. common.money(common.MOST_MONEY) .. ".")
    end
    cart.updated_at = now()
end

local function find(store, id)
    local cart, version = store:get("carts", id)
    if not cart then refuse(404, "No cart " .. id .. ".") end
    return cart, version
end

-- Checkout has answered about a held cart. Things may have moved on meanwhile, so everything is read again.
local function settle(store, id, checkout_id, answer)
    local cart, version = find(store, id)
    local hold = store:get("holds", id)
    if cart.status ~= "open" or not hold or hold.checkout_id ~= checkout_id then return cart, version end
    if answer and answer.status == 200 then
        cart.status = "checked_out"
        cart.updated_at = answer.body.placed_at
        version = store:put("carts", id, cart)
        store:delete("holds", id)
    elseif answer and answer.status == 404 then
        store:delete("holds", id) -- that checkout came to nothing
    end
    return cart, version
end

-- The cart as it is now, its version, and whether a checkout of it is under way.
local function look(store, services, id)
    local cart, version = find(store, id)
    local hold = store:get("holds", id)
    if not hold then return cart, version, false end
    local answer = services:call("checkout", "getCheckout", { path = { checkout_id = hold.checkout_id } })
    cart, version = settle(store, id, hold.checkout_id, answer)
    return cart, version, store:get("holds", id) ~= nil
end

local function create_cart(request, store)
    local cart = { cart_id = uuid(), status = "open", currency = request.body.currency, items = array() }
    cart.created_at = now()
    for _, item in ipairs(request.body.items or {}) do add(cart, item) end
    add_up(cart)
    local version = store:put("carts", cart.cart_id, cart)
    store:note("events", { event = "CartCreated", cart_id = cart.cart_id, total = cart.total })
    return 201, cart, { Location = "/shopping-cart/carts/" .. cart.cart_id, ETag = etag(version) }
end

function handlers.createCart(request, store)
    return common.once(request, store, function() return create_cart(request, store) end)
end

function handlers.getCart(request, store, services)
    local id = request.path.cart_id
    local cart, version = look(store, services, id)
    local checkout_id = request.header["checkout-id"]
    if checkout_id and cart.status == "open" then store:put("holds", id, { checkout_id = checkout_id }) end
    return 200, cart, { ETag = etag(version) }
end

local function add_cart_item(request, store, services)
    local id = request.path.cart_id
    local cart, _, held = look(store, services, id)
    if cart.status == "checked_out" then
        refuse(409, "Cart " .. id .. " was checked out at " .. cart.updated_at .. ".")
    end
    if held then return common.unavailable("Cart " .. id .. " is being checked out. Try again.") end
    add(cart, request.body)
    add_up(cart)
    local version = store:put("carts", id, cart, request.header["if-match"])
    store:note("events",
        { event = "CartItemAdded", cart_id = id, product_id = request.body.product_id, total = cart.total })
    return 200, cart, { ETag = etag(version) }
end

function handlers.addCartItem(request, store, services)
    return common.once(request, store, function() return add_cart_item(request, store, services) end)
end

return handlers
