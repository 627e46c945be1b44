// SPDX-License-Identifier: Apache-2.0

import Manifests

extension FaultPlan.Entry {
    /// The rule as it can be given back, and how often it struck.
    var value: Value {
        var object: Object = ["id": .string(rule.id)]
        let match = rule.match.value
        if !match.isEmpty { object["match"] = .object(match) }
        if rule.probability < 1 { object["probability"] = .number(String(rule.probability)) }
        if let times = rule.times { object["times"] = .integer(Int64(times)) }
        let (name, effect) = rule.effect.view
        object[name] = effect
        object["struck"] = .integer(Int64(struck))
        return .object(object)
    }
}

extension FaultMatch {
    fileprivate var value: Object {
        var object = Object()
        let patterns = [
            ("method", method), ("verb", verb), ("group", group), ("kind", kind), ("resource", resource),
            ("subresource", subresource), ("namespace", namespace), ("name", name), ("path", path),
            ("userAgent", userAgent),
        ]
        for (key, globs) in patterns where !globs.isEmpty {
            object[key] = globs.count == 1 ? .string(globs[0].text) : .array(globs.map { .string($0.text) })
        }
        if !labels.isEmpty { object["labels"] = .string(labels) }
        if let dryRun { object["dryRun"] = .bool(dryRun) }
        return object
    }
}

extension FaultEffect {
    fileprivate var view: (name: String, value: Value) {
        switch self {
        case .latency(let range): return ("latency", .string(Latency(range: range).text))
        case .error(let error, let moment):
            var object: Object = ["code": .integer(Int64(error.code))]
            if let reason = error.reason { object["reason"] = .string(reason) }
            if let message = error.message { object["message"] = .string(message) }
            if let seconds = error.retryAfter { object["retryAfter"] = .integer(Int64(seconds)) }
            if moment == .after { object["when"] = "after" }
            return ("error", .object(object))
        case .reset(let reset): return ("reset", .string(reset.rawValue))
        case .hang(let moment): return ("hang", .string(moment.rawValue))
        case .stale(let revisions): return ("stale", ["revisions": .integer(Int64(revisions))])
        case .watch(let fault):
            var object: Object = ["action": .string(fault.action.rawValue)]
            if fault.afterEvents > 0 { object["afterEvents"] = .integer(Int64(fault.afterEvents)) }
            if fault.action == .delay { object["delay"] = .string(DurationText.text(fault.delay)) }
            if fault.action == .rewind { object["events"] = .integer(Int64(fault.events)) }
            return ("watch", .object(object))
        case .mutate(let patch): return ("mutate", patch)
        case .deny(let denial):
            var object: Object = ["webhook": .string(denial.webhook)]
            if !denial.message.isEmpty { object["message"] = .string(denial.message) }
            object["code"] = .integer(Int64(denial.code))
            return ("deny", .object(object))
        case .finalizer(let finalizer):
            return (
                "finalizer", ["name": .string(finalizer.name), "when": .string(finalizer.occasion.rawValue)]
            )
        }
    }
}
