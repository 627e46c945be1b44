// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The JSON of a plan: what `mainstay plan -o json` prints, and what the daemon answers with.
extension PlanReport {
    /// - Parameter includesObjects: with both states of each object that changes, for who shows them as text.
    package func value(includesObjects: Bool = false) -> Value {
        var object: Object = [
            "apiVersion": "mainstay.dev/v1", "kind": "Plan", "subject": .string(subject),
            "outcome": .string(outcome.word), "summary": .string(summary),
        ]
        object["counts"] = .object(
            Object(PlanAction.allCases.map { ($0.rawValue, .integer(Int64(count($0)))) }))
        object["applications"] = .array(targets.map { $0.value(includesObjects) })
        object["order"] = .array(order.waves.map { .array($0.map(\.value)) })
        object["droppedEdges"] = .array(droppedEdges.map(Value.string))
        object["problems"] = .array(problems.map(Value.string))
        object["notes"] = .array(notes.map(Value.string))
        return .object(object)
    }

    /// The inverse of `value`; nil for what is no plan.
    package init?(_ value: Value) {
        guard value["kind"] == "Plan", let targets = value["applications"]?.array else { return nil }
        self.init(
            subject: value["subject"]?.string ?? "", targets: targets.map(TargetPlan.init),
            order: PlanOrder(
                waves: (value["order"]?.array ?? []).map { ($0.array ?? []).compactMap(PlanOrder.Step.init) }),
            droppedEdges: value["droppedEdges"]?.strings ?? [], problems: value["problems"]?.strings ?? [],
            notes: value["notes"]?.strings ?? [])
    }
}

extension PlanReport.Outcome {
    var word: String {
        switch self {
        case .same: "same"
        case .differs: "differs"
        case .failed: "failed"
        }
    }
}

extension Value {
    fileprivate var strings: [String] { (array ?? []).compactMap(\.string) }
}

extension ObjectID {
    fileprivate var parts: [(String, Value)] {
        [
            ("group", .string(group)), ("kind", .string(kind)), ("namespace", .string(namespace)),
            ("name", .string(name)),
        ]
        .filter { $0.1 != "" }
    }

    fileprivate init(_ value: Value?) {
        self.init(
            group: value?["group"]?.string ?? "", kind: value?["kind"]?.string ?? "",
            namespace: value?["namespace"]?.string ?? "", name: value?["name"]?.string ?? "")
    }
}

extension TargetPlan {
    fileprivate func value(_ includesObjects: Bool) -> Value {
        var object: Object = ["application": .string(target.application), "environment": .string(target.environment)]
        object["cluster"] = cluster.map(Value.string)
        object["revision"] = revision.map(Value.string)
        object["problem"] = problem.map(Self.value)
        object["held"] = held.map(Self.value)
        object["notes"] = notes.isEmpty ? nil : .array(notes.map(Value.string))
        object["objects"] = .array(entries.map { $0.value(includesObjects) })
        return .object(object)
    }

    private static func value(_ cause: Cause) -> Value {
        ["reason": .string(cause.reason), "message": .string(cause.message)]
    }

    private static func cause(_ value: Value) -> Cause {
        Cause(reason: value["reason"]?.string ?? "", message: value["message"]?.string ?? "")
    }

    fileprivate init(_ value: Value) {
        self.init(
            target: TargetID(
                application: value["application"]?.string ?? "", environment: value["environment"]?.string ?? ""),
            revision: value["revision"]?.string, entries: (value["objects"]?.array ?? []).compactMap(PlanEntry.init),
            problem: value["problem"].map(Self.cause), held: value["held"].map(Self.cause),
            notes: value["notes"]?.strings ?? [])
        cluster = value["cluster"]?.string
    }
}

extension PlanEntry {
    fileprivate func value(_ includesObjects: Bool) -> Value {
        var object = Object(id.parts)
        object["action"] = .string(action.rawValue)
        object["reason"] = reason.isEmpty ? nil : .string(reason)
        object["code"] = code.map(Value.string)
        object["origin"] = origin.map(Value.string)
        if !differences.isEmpty { object["differences"] = .array(differences.map(\.value)) }
        if omittedDifferences > 0 { object["omittedDifferences"] = .integer(Int64(omittedDifferences)) }
        if !immutableFields.isEmpty { object["immutableFields"] = .array(immutableFields.map(Value.string)) }
        if includesObjects, action != .unchanged {
            object["before"] = before.map(Value.object)
            object["after"] = after.map(Value.object)
        }
        return .object(object)
    }

    fileprivate init?(_ value: Value) {
        guard let action = value["action"]?.string.flatMap(PlanAction.init) else { return nil }
        self.init(
            id: ObjectID(value), action: action, reason: value["reason"]?.string ?? "", code: value["code"]?.string,
            origin: value["origin"]?.string,
            differences: (value["differences"]?.array ?? []).map(ShownDifference.init),
            omittedDifferences: Int(value["omittedDifferences"]?.integer ?? 0),
            immutableFields: value["immutableFields"]?.strings ?? [], before: value["before"]?.object,
            after: value["after"]?.object)
    }
}

extension ShownDifference {
    fileprivate var value: Value {
        var object: Object = ["path": .string(path)]
        object["old"] = old.map(Value.string)
        object["new"] = new.map(Value.string)
        return .object(object)
    }

    fileprivate init(_ value: Value) {
        self.init(path: value["path"]?.string ?? "", old: value["old"]?.string, new: value["new"]?.string)
    }
}

extension PlanOrder.Step {
    fileprivate var value: Value {
        var object = Object(self.object.parts)
        if !after.isEmpty { object["after"] = .array(after.map(\.value)) }
        if omitted > 0 { object["omitted"] = .integer(Int64(omitted)) }
        return .object(object)
    }

    fileprivate init?(_ value: Value) {
        self.init(
            object: ObjectID(value), after: (value["after"]?.array ?? []).compactMap(PlanOrder.Reason.init),
            omitted: Int(value["omitted"]?.integer ?? 0))
    }
}

extension PlanOrder.Reason {
    fileprivate var value: Value {
        var object = Object(self.object.parts)
        object["edge"] = .string(kind.rawValue)
        object["reason"] = .string(reason)
        object["through"] = through.map { .object(Object($0.parts)) }
        return .object(object)
    }

    fileprivate init?(_ value: Value) {
        guard let kind = value["edge"]?.string.flatMap(OrderEdge.Kind.init) else { return nil }
        self.init(
            object: ObjectID(value), kind: kind, reason: value["reason"]?.string ?? "",
            through: value["through"].map { ObjectID($0) })
    }
}
