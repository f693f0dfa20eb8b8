-- Document 001: cart, billing, payment, shipment and email of one order, each a step that needs the one before.
--
-- Identifiers count on from those of the document, so that a sandbox that was just started answers its examples: order
-- 456, invoice 789, transaction 1071573807, parcel 12345678.
local common = require "common"

local handlers = {}

local FIRST_ORDER = 456
local FIRST_INVOICE = 789
local FIRST_TRANSACTION = 1071573807
local FIRST_PARCEL = 12345678

-- Prices include the tax. In the document 36 of 200 are tax: 18 % of what is paid (and not 18 % on top of the net
-- amount, which would be 30.51).
local TAX_PERCENT = 18

-- The card of customers for whom seed.json has none.
local CARD = {
    first_name = "Jane", last_name = "Doe", first_digits = "424242", last_digits = "4242",
    brand = "visa", expiry_month = 9, expiry_year = 2030,
}

local function number(store, name, first)
    return store:next_id(name) + first - 1
end

local function happened(store, event, details)
    details.event = event
    store:note("events", details)
end

local function refuse_amount(what, pointer, expected)
    local text = common.money(expected)
    refuse(422, what .. " is about " .. text .. ".", common.at(pointer, "expected " .. text))
end

-- ---- cart ----

local function price(items)
    local total = round(sum(items, function(item) return item.quantity * item.price end), 2)
    if total >= common.MOST_MONEY then
        refuse(400, "An order is worth less than " .. common.money(common.MOST_MONEY) .. ".")
    end
    local tax = round(total * TAX_PERCENT / 100, 2)
    return { tax = tax, subTotalAmount = round(total - tax, 2), totalAmount = total }
end

function handlers.updateCart(request, store)
    local order = price(request.body.items)
    order.orderId = tostring(number(store, "order", FIRST_ORDER))
    order.items = request.body.items
    order.status = "pending"
    store:put("orders", order.orderId, { customerId = request.body.customerId, answer = order })
    happened(store, "CartUpdated",
        { orderId = order.orderId, customerId = request.body.customerId, totalAmount = order.totalAmount })
    return 200, order
end

-- ---- billing ----

-- Lines are compared by quantity and price: the document's own invoice names other products than its cart does.
local function same_lines(a, b)
    if #a ~= #b then return false end
    for index, line in ipairs(a) do
        if line.quantity ~= b[index].quantity or line.price ~= b[index].price then return false end
    end
    return true
end

local function check_sum(wanted)
    local expected = round(wanted.tax + wanted.subTotalAmount, 2)
    if wanted.totalAmount ~= expected then
        local text = common.money(expected)
        refuse(422,
            "Tax and subtotal add up to " .. text .. ", the total says " .. common.money(wanted.totalAmount) .. ".",
            common.at("/totalAmount", "expected " .. text))
    end
end

local function check_against_order(wanted, order)
    local what = "Order " .. wanted.orderId
    if wanted.customerId ~= order.customerId then
        refuse(422, what .. " is another customer's.", common.at("/customerId", "not the customer of the order"))
    end
    for _, field in ipairs { "totalAmount", "tax", "subTotalAmount" } do
        if wanted[field] ~= order.answer[field] then refuse_amount(what, "/" .. field, order.answer[field]) end
    end
    if not same_lines(wanted.items, order.answer.items) then
        refuse(422, what .. " has other items.", common.at("/items", "not the items of the order"))
    end
end

function handlers.createInvoice(request, store)
    local wanted = request.body
    local order = store:get("orders", wanted.orderId)
    if not order then
        refuse(422, "No order " .. wanted.orderId .. ".", common.at("/orderId", "no order has this identifier"))
    end
    if order.invoiceId then refuse(409, "Order " .. wanted.orderId .. " has invoice " .. order.invoiceId .. ".") end
    check_sum(wanted)
    check_against_order(wanted, order)

    order.invoiceId = tostring(number(store, "invoice", FIRST_INVOICE))
    store:put("orders", wanted.orderId, order)
    local invoice = copy(wanted)
    invoice.invoiceId = order.invoiceId
    store:put("invoices", order.invoiceId, invoice)
    happened(store, "InvoiceCreated", { orderId = invoice.orderId, invoiceId = invoice.invoiceId,
        customerId = invoice.customerId, name = invoice.name, totalAmount = invoice.totalAmount })
    return 200, { invoiceId = invoice.invoiceId, orderId = invoice.orderId, customerId = invoice.customerId,
        totalAmount = invoice.totalAmount }
end

-- ---- payment ----

-- The billing partner has a number for each customer: its own identifier where that is one.
local function customer_number(store, customer_id)
    local given = math.tointeger(tonumber(customer_id))
    if given and given > 0 and given < 9007199254740992 then return given end
    local known = store:get("partner_customers", customer_id)
    if not known then
        known = { number = store:next_id("partner_customer") }
        store:put("partner_customers", customer_id, known)
    end
    return known.number
end

-- As the document writes an amount here: text, with one decimal or two.
local function decimal(amount)
    local text = common.money(amount)
    return text:sub(-1) == "0" and text:sub(1, -2) or text
end

local function check_payment(wanted, invoice)
    local what = "Invoice " .. wanted.invoiceId
    if invoice.transactionId then refuse(409, what .. " was paid by transaction " .. invoice.transactionId .. ".") end
    if wanted.customerId ~= invoice.customerId then
        refuse(422, what .. " is another customer's.", common.at("/customerId", "not the customer of the invoice"))
    end
    if wanted.totalAmount ~= invoice.totalAmount then refuse_amount(what, "/totalAmount", invoice.totalAmount) end
end

-- The card as it may be shown; its limit is the partner's secret.
local function charge(store, invoice)
    local card = store:get("cards", invoice.customerId) or copy(CARD)
    if card.limit and invoice.totalAmount > card.limit then
        refuse(402, "The billing partner declined the payment of invoice " .. invoice.invoiceId .. ".")
    end
    card.limit = nil
    card.customer_id = customer_number(store, invoice.customerId)
    return card
end

local function process_payment(request, store)
    local wanted = request.body
    local invoice = store:get("invoices", wanted.invoiceId)
    if not invoice then
        refuse(422, "No invoice " .. wanted.invoiceId .. ".", common.at("/invoiceId", "no invoice has this identifier"))
    end
    check_payment(wanted, invoice)
    local card = charge(store, invoice)
    invoice.transactionId = number(store, "transaction", FIRST_TRANSACTION)
    store:put("invoices", invoice.invoiceId, invoice)
    happened(store, "PaymentProcessed", { orderId = invoice.orderId, invoiceId = invoice.invoiceId,
        transactionId = invoice.transactionId, name = invoice.name, totalAmount = invoice.totalAmount })
    return 200, {
        transactionId = invoice.transactionId,
        credit_card = card,
        payment = {
            completed_at = now(),
            created_at = now(),
            currency = invoice.currency,
            customer_id = card.customer_id,
            amount = decimal(invoice.totalAmount),
        },
    }
end

function handlers.processPayment(request, store)
    return common.once(request, store, function() return process_payment(request, store) end)
end

-- ---- shipment and email: two services behind one address ----

local function ship(wanted, store)
    local order = store:get("orders", wanted.orderId)
    if not order then
        refuse(422, "No order " .. wanted.orderId .. ".", common.at("/orderId", "no order has this identifier"))
    end
    if not order.invoiceId then refuse(409, "Order " .. wanted.orderId .. " has no invoice.") end
    if not store:get("invoices", order.invoiceId).transactionId then
        refuse(409, "The invoice of order " .. wanted.orderId .. " is not paid.")
    end
    if order.parcel then refuse(409, "Order " .. wanted.orderId .. " left as parcel " .. order.parcel .. ".") end
    order.parcel = number(store, "parcel", FIRST_PARCEL)
    store:put("orders", wanted.orderId, order)
    happened(store, "OrderShipped", { orderId = wanted.orderId, trackingNumber = order.parcel, name = wanted.name })
    return 200, { tracking_number = order.parcel }
end

local SUBJECTS = {
    InvoiceCreated = "Your invoice",
    PaymentProcessed = "Thank you for your payment",
    OrderShipped = "Your order is on its way",
}

-- The request does not say which order it is about: the last one with that event under that name, if there is one.
local function mail(wanted, store)
    local events = store:notes("events", { event = wanted.event, name = wanted.name })
    local last = events[#events]
    store:note("outbox", { to = wanted.email, name = wanted.name, event = wanted.event,
        subject = SUBJECTS[wanted.event], orderId = last and last.orderId or null })
    return 200, { status = "OK" }
end

function handlers.shipOrNotify(request, store)
    if request.body.event then return mail(request.body, store) end
    return ship(request.body, store)
end

return handlers
