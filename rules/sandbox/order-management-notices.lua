-- order-management-notices.lua -- who is told what about an order: the audit trail, subscribers (webhook) and its user
-- (e-mail). The lists "audit", "events", "webhooks" and "outbox" are seen at the admin listener.
local notices = {}

local RETRY = 5000 -- milliseconds until a webhook that nobody took is sent again
local TRIES = 4    -- of one webhook, before an admin is told

local SENTENCES = {
    created = "We received your order and wait for your payment.",
    confirmed = "Your payment arrived and your order is confirmed.",
    shipped = "Your order is on its way.",
    delivered = "Your order was delivered.",
    cancelled = "Your order was cancelled.",
    refunded = "Your payment is on its way back to you.",
}

-- what = { action, from, to, by = { role, id } }
function notices.audit(store, order, what)
    store:note("audit", {
        order_id = order.order_id,
        action = what.action,
        from = what.from,
        to = what.to,
        role = what.by.role,
        caller = what.by.id,
        payment_status = order.payment_status,
        shipping_status = order.shipping_status,
    })
end

local function send(services, event)
    services:webhook(settings.webhook_url, event)
end

local function email(store, order, what)
    local user = store:get("users", order.user_id) or {}
    local text = SENTENCES[what] .. string.format(" Total: %.2f.", order.total)
    if order.payment and order.payment.account then
        text = text .. " Payment: " .. order.payment.account .. "."
    end
    store:note("outbox", {
        to = user.email or order.user_id .. "@example.com",
        subject = "Order " .. order.order_id .. ": " .. what,
        body = text,
        order_id = order.order_id,
        event = "order." .. what,
    })
end

-- Something happened to the order: its subscriber and its user are told, after the transaction has committed.
function notices.tell(store, services, order, what)
    local event = {
        event_id = uuid(),
        event = "order." .. what,
        order_id = order.order_id,
        status = order.status,
        payment_status = order.payment_status,
        occurred_at = now(),
    }
    store:note("events", event)
    if order.user_id then
        email(store, order, what)
    end
    if settings.webhook_url then
        send(services, event)
        services:later(settings.webhook_retry_ms or RETRY, "deliver", { event = event, tries = 1 })
    end
end

-- Was the event acknowledged, and is there a try whose answer is not known yet?
local function fate(store, event)
    local taken, open = false, false
    for _, sent in ipairs(store:notes("webhooks", { ["/body/event_id"] = event.event_id })) do
        taken = taken or sent.status and sent.status >= 200 and sent.status < 300
        open = open or not sent.status and not sent.failure
    end
    return taken, open
end

-- Later: an event that was not acknowledged is sent again, with the same event_id. An answer that is still to come is
-- waited for once: after a restart it never comes.
function notices.deliver_again(delivery, store, services)
    local event, tries = delivery.event, delivery.tries
    local taken, open = fate(store, event)
    if not settings.webhook_url or taken then
        return
    end
    local next_time = { event = event, tries = tries, waited = open and not delivery.waited }
    if not next_time.waited then
        if tries == TRIES then
            local details = { event_id = event.event_id, url = settings.webhook_url, tries = tries }
            services:alert("A subscriber does not take its events.", details)
            return
        end
        send(services, event)
        next_time.tries = tries + 1
    end
    services:later(settings.webhook_retry_ms or RETRY, "deliver", next_time)
end

return notices
