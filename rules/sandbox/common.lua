-- What several of the simulated services need. Kept small: a rule of one service belongs into its own file.
local callers = require "callers"

local common = {}

-- Sums above this are refused: their cents would no longer be exact.
common.MOST_MONEY = 1000000000000

-- A claim is void after so many seconds: whoever made it was killed half-way.
local CLAIM_SECONDS = 60

-- An amount for a person: 114.5 is "114.50".
function common.money(amount)
    return string.format("%.2f", amount)
end

-- One place at fault, for the `errors` of problem details.
function common.at(pointer, detail)
    return { errors = array { { pointer = pointer, detail = detail } } }
end

-- The answer when a service that is needed cannot be reached, or when work on the same thing is under way.
function common.unavailable(detail)
    local status, body = problem(503, detail)
    return status, body, { ["Retry-After"] = "1" }
end

-- Is the answer one that says nothing about the matter: none at all, too busy, broken?
function common.failed(answer)
    return answer == nil or answer.status == 429 or answer.status >= 500
end

-- Refuses a change that was meant for another version. store:put does so, too, but that is too late for a handler that
-- tells another service first.
function common.expect_version(request, version)
    local wanted = request.header["if-match"]
    if not wanted or wanted == "*" then return end
    for tag in wanted:gmatch("[^, ]+") do
        if tag == etag(version) then return end
    end
    refuse(412, "If-Match names version " .. wanted .. ", stored is version " .. etag(version) .. ".")
end

-- The work is done once for each Idempotency-Key; with another body the key is refused (order-workflow: with 409).
function common.once(request, store, work, status)
    return callers.once(request, store, work, function()
        return problem(status or 422, "This Idempotency-Key came with another body before.")
    end)
end

-- Lines of an order as all services of the shop write them: refuses what does not add up, with its place.
function common.check_lines(items, total)
    for index, line in ipairs(items) do
        local expected = round(line.quantity * line.unit_price, 2)
        if line.line_total ~= expected then
            refuse(422, "Line " .. index .. " comes to " .. common.money(expected) .. ", its total says "
                .. common.money(line.line_total) .. ".",
                common.at("/items/" .. (index - 1) .. "/line_total", "expected " .. common.money(expected)))
        end
    end
    local expected = round(sum(items, "line_total"), 2)
    if total ~= expected then
        refuse(422,
            "The lines add up to " .. common.money(expected) .. ", the total says " .. common.money(total) .. ".",
            common.at("/total", "expected " .. common.money(expected)))
    end
end

function common.is_fresh(claim)
    return clock() - claim.since < CLAIM_SECONDS
end

-- A claim on something while another service is asked about it: the transaction is over by then, so the claim alone
-- keeps a second request from doing the same. false: somebody has it.
function common.claim(store, id, details)
    local claim = store:get("claims", id)
    if claim and common.is_fresh(claim) then return false end
    details = details or {}
    details.since = clock()
    store:put("claims", id, details)
    return true
end

function common.release(store, id)
    store:delete("claims", id)
end

return common
