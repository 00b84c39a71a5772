-- Ask the decision service whether a call may go on: what it does not allow ends here.
--
-- The environment has the address of the service and the credential of this gateway; without them HAProxy does not start.

local address = assert(os.getenv("DECISION_SERVICE"), "DECISION_SERVICE is not set")
local credential = assert(os.getenv("GATEWAY_TOKEN"), "GATEWAY_TOKEN is not set")
local patience = 250 -- milliseconds

-- What the service reads of the client's headers. Copies are handed on, each: the service refuses what comes twice.
local handed_on = { ["authorization"] = true, ["x-request-id"] = true, ["x-forwarded-for"] = true }

-- What the data API is told of the decision.
local told = { "x-decision-id", "x-decision-outcome", "x-obligations", "x-decision-token" }

-- What the client is told of a refusal.
local shown = {
  "content-type", "cache-control", "www-authenticate", "retry-after",
  "x-decision-id", "x-decision-outcome", "x-decision-grounds", "x-decision-reason",
}

-- Return the only value of a header in an answer, or nil.
local function only(headers, name)
  local values = headers and headers[name]
  if values and values[0] and not values[1] then return values[0] end
  return nil
end

-- Return what the service answers, or nil where it does not.
local function ask(txn)
  local headers = {
    ["x-gateway-token"] = { credential },
    ["x-forwarded-method"] = { txn.f:method() },
    ["x-forwarded-uri"] = { txn.f:pathq() }, -- raw, with the query
    ["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
    ["connection"] = { "close" },
  }
  for name, values in pairs(txn.http:req_get_headers()) do
    local copies = {}
    for place = 0, #values do copies[#copies + 1] = values[place] end
    if handed_on[name] or name:sub(1, 7) == "x-data-" then headers[name] = copies end
    if name == "host" then headers["x-forwarded-host"] = copies end
  end
  local answer = core.httpclient():get({
    url = "http://" .. address .. "/authz/forward", headers = headers, timeout = patience,
  })
  -- An answer without this header is not the service's: HAProxy makes one up where it reached nobody.
  if answer and only(answer.headers, "x-decision-outcome") then return answer end
  return nil
end

local function end_with(txn, status, headers, body)
  local reply = txn:reply({ status = status, body = body })
  for name, value in pairs(headers) do reply:add_header(name, value) end
  txn:done(reply)
end

core.register_action("decide", { "http-req" }, function(txn)
  local answer = ask(txn)
  local outcome = answer and only(answer.headers, "x-decision-outcome")
  if answer and answer.status == 200 and (outcome == "PERMIT" or outcome == "PARTIAL") then
    for _, name in ipairs(told) do
      txn.http:req_set_header(name, only(answer.headers, name) or "none")
    end
    txn:set_var("txn.decided", "allowed") -- without this the next rule of the frontend ends the call
    return
  end
  if answer and (answer.status == 401 or answer.status == 403) then
    local headers = {}
    for _, name in ipairs(shown) do headers[name] = only(answer.headers, name) end
    return end_with(txn, answer.status, headers, answer.body)
  end
  end_with(txn, 503, { ["content-type"] = "application/json", ["cache-control"] = "no-store" },
    '{"error":"decision_unavailable"}')
end)
