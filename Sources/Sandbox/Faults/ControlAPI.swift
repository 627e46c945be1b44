// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The sandbox's own API, apart from Kubernetes': faults, their seed, and the clock. A request in, an answer out.
extension SandboxCluster {
    private static let help = """
        GET    /faults        the faults in force, and how often each struck
        POST   /faults        add one, in JSON or YAML
        DELETE /faults/ID     remove one
        DELETE /faults        remove all
        GET    /seed          what the faults' random numbers begin with
        POST   /seed          begin anew: {"seed": 7}
        GET    /clock         what time it is in the sandbox
        POST   /clock         let time pass at once: {"advance": "10m"}

        """

    package func control(_ request: SandboxRequest) -> SandboxResponse {
        let target = RequestTarget(request.path)
        switch (request.method, target.segments.first, target.segments.count) {
        case ("GET", nil, _): return .text(Self.help)
        case ("GET", "faults", 1): return .pretty(faultsValue)
        case ("POST", "faults", 1): return add(request.body)
        case ("DELETE", "faults", 1): return .pretty(["removed": .integer(Int64(removeFaults()))])
        case ("DELETE", "faults", 2): return remove(target.segments[1])
        case ("GET", "seed", 1): return .pretty(["seed": .number(String(faultSeed))])
        case ("POST", "seed", 1): return reseed(request.body)
        case ("GET", "clock", 1): return .pretty(clockValue)
        case ("POST", "clock", 1): return drive(request.body)
        case (_, "faults", ...2), (_, "seed", 1), (_, "clock", 1):
            return .problem(405, "\(request.method) \(target.path) is not possible; there are:\n\(Self.help)")
        default: return .problem(404, "there is no \(target.path); there are:\n\(Self.help)")
        }
    }

    private var faultsValue: Value {
        ["seed": .number(String(faultSeed)), "faults": .array(server.faults.entries.map(\.value))]
    }

    private var clockValue: Value {
        ["now": .string(time.description), "ahead": .string(DurationText.text(server.ahead))]
    }

    private func add(_ body: [UInt8]) -> SandboxResponse {
        do {
            let id = try addFault(try FaultRule.decode(body))
            return .pretty(server.faults.entry(id)?.value ?? .null, status: 201)
        } catch let errors as StrictErrors {
            return .refused("the fault was not added", errors)
        } catch {
            let refusal = error as? FaultRefusal
            return .refused(
                "the fault was not added", [(refusal?.field ?? "", refusal?.message ?? "\(error)")], status: 409)
        }
    }

    private func remove(_ id: String) -> SandboxResponse {
        if let entry = server.faults.entry(id), removeFault(id) { return .pretty(entry.value) }
        let ids = server.faults.entries.map(\.rule.id)
        let known = ids.isEmpty ? "there are none" : "there are \(ids.prefix(20).joined(separator: ", "))"
        return .problem(404, "there is no fault \"\(id)\"\(Suggestion.ending(for: id, among: ids)) (\(known))")
    }

    private func reseed(_ body: [UInt8]) -> SandboxResponse {
        do throws(StrictErrors) {
            seedFaults(try StrictDecoder.decode(body, file: "seed") { $0.required("seed", as: Seed.self) }.value)
            return .pretty(["seed": .number(String(faultSeed))])
        } catch {
            return .refused("the seed was not set", error)
        }
    }

    private func drive(_ body: [UInt8]) -> SandboxResponse {
        do throws(StrictErrors) {
            let duration = try StrictDecoder.decode(body, file: "clock") { fields in
                let duration: Duration = fields.required("advance")
                if duration > Self.longestAdvance {
                    fields.report("is more than a year at once", at: "advance")
                }
                return duration
            }
            advance(by: duration)
            return .pretty(clockValue)
        } catch {
            return .refused("the clock was not moved", error)
        }
    }

    private static let longestAdvance = Duration.seconds(366 * 86_400)
}

/// What random numbers begin with.
private struct Seed: StrictValue {
    static let expectation = "a whole number from 0 to \(UInt64.max)"
    static let placeholder = Seed(value: 0)

    var value: UInt64

    static func read(_ node: YAMLNode, in context: StrictContext) -> Seed? {
        switch node.value {
        case .integer(let number): UInt64(exactly: number).map { Seed(value: $0) }
        case .number(let text): UInt64(text).map { Seed(value: $0) }
        default: nil
        }
    }
}

extension SandboxResponse {
    fileprivate static func pretty(_ value: Value, status: Int = 200) -> SandboxResponse {
        SandboxResponse(
            status: status, headers: [(name: "content-type", value: "application/json")],
            body: .bytes(Array((JSON.prettyText(value) + "\n").utf8)))
    }

    fileprivate static func problem(_ status: Int, _ message: String) -> SandboxResponse {
        .text("\(message)\(message.hasSuffix("\n") ? "" : "\n")", status: status)
    }

    fileprivate static func refused(_ what: String, _ errors: StrictErrors) -> SandboxResponse {
        refused(what, errors.problems.map { ($0.path, $0.message) }, status: 422)
    }

    fileprivate static func refused(
        _ what: String, _ problems: [(field: String, message: String)], status: Int
    ) -> SandboxResponse {
        let list = problems.map { problem -> Value in
            ["field": .string(problem.field), "message": .string(problem.message)]
        }
        return .pretty(["error": .string(what), "problems": .array(list)], status: status)
    }
}
