-- resources.lua -- a service without rules of its own: it remembers what is created, changed and removed below paths
-- like /things and /things/{id}. An operation that is nothing of the kind is left to its contract.
--
-- A record is kept as the contract shows it: the example of the documented answer, with what the request says laid over
-- it. Its collection in the store is the path without the first slash: things, things/7/parts.

local ON_ITEM = { GET = "read", PUT = "replace", PATCH = "change", DELETE = "remove" }
local ON_COLLECTION = { GET = "list", POST = "create", PUT = "replace", PATCH = "change" }

-- Members that say when a record was created or changed, and what a query and a list say about the part that is shown:
-- by their plain names.
local MOMENTS = {}
for _, ending in ipairs { "", "at", "on", "date", "time" } do
    MOMENTS["created" .. ending], MOMENTS["creation" .. ending] = "created", "created"
    for _, verb in ipairs { "updated", "modified", "changed", "lastupdated", "lastmodified", "lastchanged" } do
        MOMENTS[verb .. ending] = "changed"
    end
end
local ASKED = { limit = "limit", pagesize = "limit", perpage = "limit", size = "limit", maxresults = "limit",
    offset = "offset", skip = "offset", page = "page", pagenumber = "page" }
local TOLD = { total = "total", totalcount = "total", totalitems = "total", totalresults = "total",
    totalrecords = "total", totalelements = "total", totalpages = "pages", pagecount = "pages", pages = "pages",
    lastpage = "pages", limit = "limit", pagesize = "limit", perpage = "limit", offset = "offset", skip = "offset",
    page = "page", currentpage = "page", pagenumber = "page", count = "count", hasmore = "more", hasnext = "more",
    hasnextpage = "more", next = "cursor", nextpage = "cursor", nextcursor = "cursor", nextpagetoken = "cursor",
    previous = "cursor", prev = "cursor" }

-- ---- values ----

-- petId, pet_id and Pet-ID are one name.
local function plain(name)
    return (name:lower():gsub("[_-]", ""))
end

local function is_object(value)
    return type(value) == "table" and not is_array(value)
end

-- `over` laid over `base`: objects member by member, everything else replaced.
local function overlay(base, over)
    if not is_object(base) or not is_object(over) then return copy(over) end
    local result = copy(base)
    for name, value in pairs(over) do result[name] = overlay(base[name], value) end
    return result
end

-- JSON Merge Patch (RFC 7396).
local function merge(target, patch)
    if not is_object(patch) then return copy(patch) end
    local result = is_object(target) and copy(target) or {}
    for name, value in pairs(patch) do
        if value == null then result[name] = nil else result[name] = merge(result[name], value) end
    end
    return result
end

-- The members of `record` that `shown` has, too.
local function only(record, shown)
    local result = {}
    for name in pairs(shown) do result[name] = record[name] end
    return result
end

local function member_named(object, name)
    for member in pairs(object) do
        if plain(member) == name then return member end
    end
end

-- The text of a path as a value of the kind that `like` is.
local function typed(text, like)
    return type(like) == "number" and tonumber(text) or text
end

-- This moment, written as `like` is: a date and time, a date, milliseconds or seconds since 1970.
local function moment(like)
    if type(like) == "string" and #like == 10 and like:sub(5, 5) == "-" then return today() end
    if type(like) == "string" and like:sub(11, 11) == "T" then return now() end
    if type(like) == "number" and like > 1e11 then return clock() * 1000 end
    if type(like) == "number" and like > 1e8 then return clock() end
    return like
end

-- ---- the contract ----

local resources, routes -- by what their paths have in common (things/{}/parts), and by operationId

-- The name in "{name}".
local function parameter(segment)
    return segment and segment:match("^[{]([^{}]+)[}]$")
end

-- "things/{}/parts", of the first segments; nil: one is half literal, half parameter.
local function key_of(segments, count)
    local key = {}
    for i = 1, count do
        key[i] = parameter(segments[i]) and "{}" or segments[i]
        if key[i] == segments[i] and segments[i]:find("[{}]") then return nil end
    end
    return table.concat(key, "/")
end

local function add_route(operation)
    local segments = {}
    for segment in operation.path:gmatch("[^/]+") do table.insert(segments, segment) end
    local name = parameter(segments[#segments])
    local action = (name and ON_ITEM or ON_COLLECTION)[operation.method]
    if name then table.remove(segments) end
    local last, key = segments[#segments], key_of(segments, #segments)
    if not action or not last or not key or parameter(last) then return end
    local singular = plain(last:gsub("ies$", "y"):gsub("s$", ""))
    local resource = resources[key] or { key = key, name = last, singular = singular }
    resources[key] = resource
    resource.parameter = name or resource.parameter
    if name or not resource[action] then resource[action] = operation end
    routes[operation.id] = { action = action, operation = operation, resource = resource, segments = segments,
        parameter = name }
end

local function read_contract()
    resources, routes = {}, {}
    for _, operation in ipairs(contract.operations()) do add_route(operation) end
end

-- The first of the wanted statuses that the operation documents, else whatever success it documents.
local function status_of(operation, ...)
    local success
    for _, wanted in ipairs { ... } do
        for _, status in ipairs(operation.statuses) do
            if status == wanted then return status end
            if not success and status >= 200 and status < 300 then success = status end
        end
    end
    return success or 200
end

local function documents(operation, status)
    return status_of(operation, status) == status
end

-- The member that holds the id of a record: named as the parameter of the path, or id, or thing_id among things.
local function id_member(resource, record)
    for _, name in ipairs { plain(resource.parameter or "id"), "id", resource.singular .. "id" } do
        local member = member_named(record, name)
        if member and type(record[member]) ~= "table" then return member end
    end
end

-- Where a documented answer has its record: the record, and the member that wraps it, if any does.
local function find_record(resource, answer)
    if not is_object(answer) then return nil end
    if id_member(resource, answer) then return answer end
    for name, value in pairs(answer) do
        if is_object(value) and id_member(resource, value) then return value, name end
    end
    return answer
end

-- Where a documented list has its records: the list, and the member that it is, unless it is the answer itself.
local function find_list(resource, answer)
    if not is_object(answer) then return answer end
    local found
    for name, value in pairs(answer) do
        if is_array(value) and (not found or plain(name) == plain(resource.name)) then found = name end
    end
    return answer[found or ""], found
end

local function example_of(resource, action)
    local operation = resource[action]
    local answer = operation and contract.example(operation.id, status_of(operation, 200, 201))
    local list = action == "list" and find_list(resource, answer)
    if list then return is_array(list) and list[1] or nil end
    return answer or nil
end

-- A whole record, as the contract shows it; false: it shows none.
local function template_of(resource)
    if resource.template ~= nil then return resource.template end
    local found, without_id
    for _, action in ipairs { "read", "create", "replace", "list" } do
        local record = find_record(resource, example_of(resource, action))
        if record and id_member(resource, record) then
            found = overlay(record, found or {})
        else
            without_id = without_id or record
        end
    end
    resource.template = found or without_id or false
    return resource.template
end

-- Can its records come into being, and be seen? Or are there some anyhow (the seed file)?
local function is_kept(resource, collection, store)
    if not template_of(resource) then return false end
    if (resource.create or resource.replace) and (resource.read or resource.list) then return true end
    return store:count(collection) > 0
end

-- ---- answers ----

local function wrap(example, wrapper, value)
    if not wrapper then return value end
    local body = copy(example)
    body[wrapper] = value
    return body
end

-- The first of the bodies that the contract allows, else the last one.
local function first_that_fits(operation, status, bodies)
    for _, body in ipairs(bodies) do
        if contract.fits(operation.id, status, body) then return body end
    end
    return bodies[#bodies]
end

-- What the operation answers with, with the record in it: as it is, or with the least change that fits.
local function answer(c, status, record)
    local example = contract.example(c.operation.id, status)
    local shown, wrapper = find_record(c.resource, example)
    if not shown then return example end
    local common = only(record, shown)
    local mixed = wrap(example, wrapper, overlay(shown, common))
    if id_member(c.resource, record) and not id_member(c.resource, shown) then -- a message, not the record
        return first_that_fits(c.operation, status, { mixed, example })
    end
    return first_that_fits(c.operation, status,
        { wrap(example, wrapper, record), wrap(example, wrapper, common), mixed, example })
end

-- Can it be read as it is?
local function is_whole(resource, record)
    local status = resource.read and status_of(resource.read, 200)
    local example = status and contract.example(resource.read.id, status)
    if example == nil then return true end
    local _, wrapper = find_record(resource, example)
    return contract.fits(resource.read.id, status, wrap(example, wrapper, record))
end

local function missing(resource, id)
    refuse(404, 'There is no "' .. id .. '" in ' .. resource.name .. ".")
end

-- ---- ids ----

-- The number at the end of the example goes up: ORD12345, ORD12346; a text without one gets one: lamp-1.
local function next_in_row(resource, like, store)
    local count = store:next_id(resource.key)
    if type(like) == "number" then return math.max(math.tointeger(like) or 1, 1) + count - 1 end
    local digits = like:match("[0-9]+$")
    if not digits or #digits > 15 then return like .. "-" .. count end
    local number = math.tointeger(tonumber(digits)) + count - 1
    return like:sub(1, -#digits - 1) .. string.format("%0" .. #digits .. "d", number)
end

-- Each letter and digit becomes another one of its kind.
local function of_same_letters(like)
    for class, letters in pairs { ["[0-9]"] = "0123456789", ["[a-z]"] = "abcdefghijklmnopqrstuvwxyz",
        ["[A-Z]"] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" } do
        like = like:gsub(class, function()
            local n = random(1, #letters)
            return letters:sub(n, n)
        end)
    end
    return like
end

local function is_uuid(like)
    return #like == 36 and like:sub(9, 9) == "-" and not like:find("[^0-9a-fA-F-]")
end

-- An id that nobody has: the next in the row, or one that looks like the example's where only that fits.
local function fresh_id(c, record, member)
    local like, id = member and c.template[member], nil
    if type(like) ~= "string" and type(like) ~= "number" then like = 1 end
    local function is_free(candidate) return not c.store:get(c.collection, tostring(candidate)) end
    local function fits(candidate)
        return not member or is_whole(c.resource, overlay(record, { [member] = candidate }))
    end
    if type(like) == "string" and is_uuid(like) then return uuid() end
    repeat id = next_in_row(c.resource, like, c.store) until is_free(id)
    if type(like) == "string" and not fits(id) then
        local other = of_same_letters(like)
        if is_free(other) and fits(other) then return other end
    end
    return id
end

-- ---- places ----

local function in_path(id)
    return (id:gsub("%", "%25"):gsub("/", "%2F"))
end

-- The collection that a request is about, and what lies above it: { resource, collection, id } each.
local function place_of(route, request)
    local path, above = {}, {}
    for i, segment in ipairs(route.segments) do
        local name = parameter(segment)
        local id = name and request.path[name]
        local resource = name and resources[key_of(route.segments, i - 1)]
        if resource then
            local collection = table.concat(path, "/")
            table.insert(above, { resource = resource, collection = collection, id = id, parameter = name })
        end
        path[i] = name and in_path(id) or segment
    end
    return table.concat(path, "/"), above
end

-- What lies above it and is not there.
local function missing_above(above, store)
    for _, a in ipairs(above) do
        if is_kept(a.resource, a.collection, store) and not store:get(a.collection, a.id) then return a end
    end
end

-- What lies below a record goes with it.
local function remove_below(resource, collection, id, store)
    local start = resource.key .. "/{}/"
    for key, child in pairs(resources) do
        local rest = key:sub(#start + 1)
        if key:sub(1, #start) == start and not rest:find("{") then
            local below = collection .. "/" .. in_path(id) .. "/" .. rest
            for _, record in ipairs(store:list(below)) do
                local own = tostring(record[id_member(child, record) or ""])
                remove_below(child, below, own, store)
                store:delete(below, own)
            end
        end
    end
end

-- ---- what is done; c has the resource, its template, the operation, the collection, the request, the store ----

local actions = {}

-- The request's body, without the member that wraps it in answers; nil: no record can be made of it.
local function body_of(c)
    local body = c.request.body
    if body == nil then return {} end
    local _, wrapper = find_record(c.resource, example_of(c.resource, "read"))
    if wrapper and is_object(body) and is_object(body[wrapper]) then body = body[wrapper] end
    return is_object(body) and body or nil
end

-- What the path and the clock say about a record, unless the request does.
local function complete(c, record, given, is_new)
    local own = id_member(c.resource, record)
    for name, value in pairs(record) do
        local kind = given[name] == nil and MOMENTS[plain(name)]
        if kind == "changed" or kind == "created" and is_new then record[name] = moment(value) end
    end
    for _, a in ipairs(c.above) do
        local member = member_named(record, plain(a.parameter))
        if not member or member == own then member = member_named(record, a.resource.singular .. "id") end
        if member and member ~= own then record[member] = typed(a.id, record[member]) end
    end
    return record
end

function actions.create(c)
    local body = body_of(c)
    if not body then return end
    local record = complete(c, overlay(c.template, body), body, true)
    local member = id_member(c.resource, record)
    local id = body[member or ""]
    if id == null or id == "" then id = nil end
    local taken = id ~= nil and c.store:get(c.collection, tostring(id))
    if taken and documents(c.operation, 409) then
        refuse(409, 'There is a "' .. tostring(id) .. '" in ' .. c.resource.name .. " already.")
    end
    if id == nil or taken then id = fresh_id(c, record, member) end
    if member then record[member] = id end
    c.store:put(c.collection, tostring(id), record)
    local status = status_of(c.operation, 201, 200)
    -- Relative to the path of the request: only the gateway knows what the client takes that for.
    local location = status == 201 and c.resource.name .. "/" .. in_path(tostring(id)) or nil
    return status, answer(c, status, record), { Location = location }
end

function actions.read(c)
    local status = status_of(c.operation, 200)
    return status, answer(c, status, c.old)
end

local function keep(c, status, record)
    c.store:put(c.collection, c.id, record)
    return status, answer(c, status, record)
end

-- What the body does not name goes, but for what only the server says, and what no record may be without.
function actions.replace(c)
    local body = body_of(c)
    if not body then return end
    local base = c.old or complete(c, copy(c.template), {}, true)
    local member = id_member(c.resource, base)
    local record = copy(base)
    for name, value in pairs(body) do record[name] = value end
    if member then record[member] = typed(c.id, base[member]) end
    for name, value in pairs(base) do
        if body[name] == nil and name ~= member and not MOMENTS[plain(name)] then
            record[name] = nil
            if not is_whole(c.resource, record) then record[name] = value end
        end
    end
    return keep(c, c.old and status_of(c.operation, 200) or 201, complete(c, record, body))
end

function actions.change(c)
    local body = body_of(c)
    if not body then return end
    local member = id_member(c.resource, c.old)
    body[member or ""] = nil
    local record = merge(c.old, body)
    if not is_whole(c.resource, record) then record = overlay(c.old, body) end
    return keep(c, status_of(c.operation, 200), complete(c, record, body))
end

function actions.remove(c)
    remove_below(c.resource, c.collection, c.id, c.store)
    c.store:delete(c.collection, c.id)
    local status = status_of(c.operation, 204, 200)
    return status, answer(c, status, c.old)
end

-- What the query asks for: which records (by members that they have), and which part of them.
local function read_query(c)
    local query = { where = {} }
    for name, value in pairs(c.request.query) do
        local member, number = member_named(c.template, plain(name)), math.tointeger(tonumber(value))
        if member and type(c.template[member]) ~= "table" then
            local wanted = array {}
            for _, each in ipairs(c.request.query_all[name]) do
                table.insert(wanted, each)
                table.insert(wanted, tonumber(each) or each == "true")
            end
            query.where[member] = wanted
        elseif ASKED[plain(name)] and number and number >= 0 then
            query[ASKED[plain(name)]] = number
        end
    end
    query.page = query.page and math.max(query.page, 1)
    query.offset = query.offset or query.page and query.limit and (query.page - 1) * query.limit or 0
    return query
end

-- What stands beside a list says how much there is.
local function tell(object, page)
    for name, value in pairs(object) do
        local told = page[TOLD[plain(name)] or ""]
        local is_plain = type(value) ~= "table"
        if told ~= nil and is_plain and (told == null or type(told) == type(value)) then object[name] = told end
    end
end

local function list_body(example, place, records, page)
    if not place then return records end
    local body = copy(example)
    for _, value in pairs(body) do
        if is_object(value) then tell(value, page) end
    end
    tell(body, page)
    body[place] = records
    return body
end

function actions.list(c)
    local status = status_of(c.operation, 200)
    local example = contract.example(c.operation.id, status)
    local list, place = find_list(c.resource, example)
    if not is_array(list) then return end
    local query = read_query(c)
    local records, total = c.store:list(c.collection, query)
    local limit = math.max(query.limit or total, 1)
    local page = { total = total, count = #records, limit = limit, pages = -(-total // limit), offset = query.offset,
        page = query.page or query.offset // limit + 1, more = query.offset + #records < total, cursor = null }
    local common = array {}
    for i, record in ipairs(records) do common[i] = is_object(list[1]) and only(record, list[1]) or record end
    return status, first_that_fits(c.operation, status,
        { list_body(example, place, records, page), list_body(example, place, common, page), example })
end

-- ---- the one function ----

-- Called for every operation; gives nothing where the contract's own answer is the right one.
local function handle(request, store)
    if not routes then read_contract() end
    local route = routes[request.operation]
    if not route then return end
    local resource = route.resource
    local collection, above = place_of(route, request)
    local kept, lost = is_kept(resource, collection, store), missing_above(above, store)
    if lost and (kept or documents(route.operation, 404)) then missing(lost.resource, lost.id) end
    if not kept then return end
    local c = { resource = resource, operation = route.operation, template = template_of(resource),
        collection = collection, above = above, request = request, store = store }
    if route.action ~= "create" and route.action ~= "list" then
        local body = is_object(request.body) and request.body or {}
        c.id = route.parameter and request.path[route.parameter] or body[id_member(resource, c.template) or ""]
        if c.id == nil or c.id == null or c.id == "" then return end
        c.id = tostring(c.id)
        c.old = store:get(collection, c.id)
        if not c.old and not (route.action == "replace" and documents(route.operation, 201)) then
            missing(resource, c.id)
        end
    end
    return actions[route.action](c)
end

return { handle = handle }
