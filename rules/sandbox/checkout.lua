-- The checkout of document 000: a cart becomes an order, once. It asks the cart service for the cart, then the order
-- service for an order, so three services have to agree on what was bought.
--
-- Between those calls nothing is locked. A claim on the cart keeps a second checkout of it out (409); when the order
-- cannot be placed the claim is given up, and the cart is as open as before.
local common = require "common"

local handlers = {}

local function begin(store, cart_id)
    local sold = store:get("sold", cart_id)
    if sold then refuse(409, "Cart " .. cart_id .. " became order " .. sold.order_id .. ".") end
    local checkout_id = store:next_id("checkout", "CO-%05d")
    if not common.claim(store, cart_id, { checkout_id = checkout_id }) then
        refuse(409, "Cart " .. cart_id .. " is being checked out.")
    end
    return checkout_id
end

-- The cart, or nil and why it cannot become an order: a status, its detail, and what more there is to say.
local function read_cart(services, cart_id, checkout_id)
    local answer = services:call("shopping-cart", "getCart",
        { path = { cart_id = cart_id }, header = { ["Checkout-Id"] = checkout_id } })
    if answer and answer.status == 404 then
        return nil, 422, "No cart " .. cart_id .. ".", common.at("/cart_id", "no cart has this identifier")
    end
    if not answer or answer.status ~= 200 then
        return nil, 503, "The cart service did not answer. The cart is still open."
    end
    if answer.body.status ~= "open" then return nil, 409, "Cart " .. cart_id .. " was checked out before." end
    if #answer.body.items == 0 then return nil, 422, "Cart " .. cart_id .. " is empty." end
    return answer.body
end

-- The order, or nil and why there is none. One key per cart: should the answer be lost, another try finds the order.
local function place(services, cart, wanted)
    local answer = services:call("order", "createOrder", {
        header = { ["Idempotency-Key"] = "checkout-" .. cart.cart_id },
        body = {
            cart_id = cart.cart_id,
            customer = wanted.customer,
            shipping_address = wanted.shipping_address,
            currency = cart.currency,
            items = cart.items,
            total = cart.total,
        },
    })
    if answer and answer.status == 201 then return answer.body end
    if answer and (answer.status == 409 or answer.status == 422) then
        return nil, answer.status, answer.body.detail or "The order service refused the cart."
    end
    return nil, 503, "The order service did not answer. The cart is still open."
end

local function give_up(store, cart_id, status, detail, more)
    common.release(store, cart_id)
    if status == 503 then return common.unavailable(detail) end
    return problem(status, detail, more)
end

local function keep(store, checkout_id, order)
    local checkout = {
        checkout_id = checkout_id,
        cart_id = order.cart_id,
        order_id = order.order_id,
        status = order.status,
        currency = order.currency,
        total = order.total,
        placed_at = order.created_at,
    }
    store:put("checkouts", checkout_id, checkout)
    store:put("sold", order.cart_id, { order_id = order.order_id })
    common.release(store, order.cart_id)
    store:note("events",
        { event = "CartCheckedOut", cart_id = order.cart_id, order_id = order.order_id, total = order.total })
    return checkout
end

local function create_checkout(request, store, services)
    local cart_id = request.body.cart_id
    local checkout_id = begin(store, cart_id)
    local cart, status, detail, more = read_cart(services, cart_id, checkout_id)
    if not cart then return give_up(store, cart_id, status, detail, more) end
    local order
    order, status, detail = place(services, cart, request.body)
    if not order then return give_up(store, cart_id, status, detail) end
    return 201, keep(store, checkout_id, order), { Location = "/checkout/checkouts/" .. checkout_id }
end

function handlers.createCheckout(request, store, services)
    return common.once(request, store, function() return create_checkout(request, store, services) end)
end

function handlers.getCheckout(request, store)
    local id = request.path.checkout_id
    local checkout = store:get("checkouts", id)
    if checkout then return 200, checkout end
    for _, claim in ipairs(store:list("claims", { where = { checkout_id = id } })) do
        if common.is_fresh(claim) then return common.unavailable("Checkout " .. id .. " is under way.") end
    end
    return problem(404, "No checkout " .. id .. ".")
end

return handlers
