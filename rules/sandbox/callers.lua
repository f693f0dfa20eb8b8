-- callers.lua -- who calls: whose an order is, what a key was answered with, how often somebody asks. For any service.
--
-- A token is a secret. What is kept of it is a fingerprint, and that is what owns orders, keys and rates.
local callers = {}

-- 64 bits of FNV-1a, as 16 hex digits.
function callers.fingerprint(token)
    local hash = 0xcbf29ce484222325
    for i = 1, #token do
        hash = (hash ~ token:byte(i)) * 0x100000001b3
    end
    return string.format("%016x", hash)
end

function callers.of(request)
    return callers.fingerprint(request.token or "")
end

-- Are two JSON values equal, whatever the order of their members?
function callers.same(a, b)
    if type(a) ~= "table" or type(b) ~= "table" then
        return a == b
    end
    if is_array(a) ~= is_array(b) then
        return false
    end
    for key, value in pairs(a) do
        if not callers.same(value, b[key]) then
            return false
        end
    end
    for key in pairs(b) do
        if a[key] == nil then
            return false
        end
    end
    return true
end

-- Do the work once for each Idempotency-Key of a caller, and repeat its first answer after that. reused() answers when
-- the key comes again with another request. A refusal leaves nothing behind, so its key may be tried again.
-- The whole request is one transaction: of equal ones at the same time, the second finds what the first has left.
function callers.once(request, store, work, reused)
    local key = request.header["idempotency-key"]
    if not key then
        return work()
    end
    local id = callers.of(request) .. "-" .. key
    local question = { operation = request.operation, path = copy(request.path), body = request.body }
    local known = store:get("answers", id)
    if known and not callers.same(known.question, question) then
        return reused()
    elseif known then
        return known.status, known.body, known.headers
    end
    local status, body, headers = work()
    if status < 300 then
        store:put("answers", id, { question = question, status = status, body = body, headers = headers })
    end
    return status, body, headers
end

-- The seconds to wait, when the caller has used up its rate { requests = 50, per_seconds = 1 }; nil: go on. Without a
-- rate everybody may go on. A request that is rolled back is not counted.
function callers.must_wait(request, store, rate)
    if not rate then
        return nil
    end
    local id, at = callers.of(request), clock()
    local window = store:get("rates", id)
    if not window or at >= window.from + rate.per_seconds then
        window = { from = at, count = 0 }
    end
    if window.count >= rate.requests then
        return window.from + rate.per_seconds - at
    end
    window.count = window.count + 1
    store:put("rates", id, window)
    return nil
end

-- The same handlers, behind settings.rate_limit; too_many(seconds, rate) answers who is over it.
function callers.limited(handlers, too_many)
    local guarded = {}
    for operation, handler in pairs(handlers) do
        guarded[operation] = function(request, store, services)
            local rate = settings.rate_limit
            local seconds = callers.must_wait(request, store, rate)
            if seconds then
                return too_many(seconds, rate)
            end
            return handler(request, store, services)
        end
    end
    return guarded
end

return callers
