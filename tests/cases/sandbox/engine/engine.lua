-- For tests/system/sandbox_engine.test.mjs. Each function is one thing that scripts do, good or bad.
local acts = {}

function acts.echo(request) return 200, request.body end

function acts.values()
    return 200, {
        null_value = null, empty_array = array {}, empty_object = {}, list = { 1, 2 }, whole = 75.00, price = 19.99,
        sum = 0.1 + 0.2, large = 9007199254740993,
    }
end

function acts.put(request, store)
    local version = store:put("things", "one", request.body, request.header["if-match"])
    return 200, { version = version }, { ETag = etag(version) }
end

function acts.get(_, store)
    local thing, version = store:get("things", "one")
    if not thing then return problem(422, "there is no thing") end
    return 200, thing, { ETag = etag(version) }
end

function acts.identity(_, store)
    return 200, { id = store:next_id("thing", "T%04d"), uuid = uuid(), at = now(), number = random(1, 1000000) }
end

function acts.refused(_, store)
    store:put("things", "refused", {})
    refuse(409, "it may not")
end

function acts.failed(_, store)
    store:put("things", "failed", {})
    local nothing
    return 200, nothing.member
end

function acts.left(_, store) return 200, { refused = store:count("things"), } end

function acts.endless() while true do end end

function acts.swallowed() while true do pcall(acts.endless) end end

function acts.huge()
    local list = {}
    for i = 1, 1e9 do list[i] = string.rep("x", 1000) .. i end
end

function acts.deep()
    local function down(n) return 1 + down(n + 1) end
    return 200, down(1)
end

function acts.no_status() return "200" end

function acts.no_json() return 200, { f = function() end } end

function acts.bad_header() return 200, {}, { ["X-Bad"] = "a\r\nSet-Cookie: b=c" } end

function acts.circle()
    local circle = {}
    circle.circle = circle
    return 200, circle
end

function acts.global() stolen = 1 end

function acts.escape() return 200, { tostring(io), tostring(os), tostring(load), tostring(debug), tostring(package) } end

-- What was stored before the call is there for the service that is called, and for everybody.
function acts.ask(request, store, services)
    store:put("things", "asked", { by = request.query.n })
    local answer, why = services:call("engine", "act",
        { path = { what = request.body.what }, query = { n = 1 }, body = request.body.body, timeout = request.body.timeout })
    if not answer then return 200, { why = why } end
    return 200, { status = answer.status, body = answer.body, exchange = answer.header["plumbline-exchange"] }
end

function acts.asked(_, store) return 200, store:get("things", "asked") end

function acts.wrong_call(_, _, services) return 200, services:call("nobody", "act", {}) end

function acts.count(_, store)
    local counter = store:get("counters", "one") or { n = 0 }
    counter.n = counter.n + 1
    store:put("counters", "one", counter)
    return 200, counter
end

-- Read, then ask somebody else, then write: between the two others have written. A version tells.
function acts.count_badly(_, store, services)
    local counter, version = store:get("counters", "one")
    services:call("engine", "act", { path = { what = "echo" }, body = {} })
    store:put("counters", "one", { n = counter.n + 1 }, etag(version))
    return 200, counter
end

function acts.webhook(request, _, services)
    services:webhook(request.body.url, { event = "happened" }, { ["X-Event"] = "1" })
    if request.body.refuse then refuse(409, "not after all") end
    return 204
end

function acts.later(request, _, services)
    services:later(request.body.ms, "note", { text = request.body.text })
    return 204
end

function acts.alert(_, store, services)
    services:alert("something is wrong", { code = 7 })
    store:note("events", { event = "never" })
    refuse(409, "and it is refused")
end

function acts.setting() return 200, { greeting = settings.greeting, missing = settings.missing } end

function acts.documented() return problem(422, "this and that") end

local handlers = {}

function handlers.act(request, store, services) return acts[request.path.what](request, store, services) end

handlers["later:note"] = function(argument, store) store:note("events", { event = argument.text }) end

return handlers
