// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension Reconciler {
    func suspend(
        _ scope: Suspension.Scope, because reason: String, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        let store = context.store
        try await requireKnown(scope)
        let active = try await recorded { try await store.suspensions() }
        if let earlier = active.first(where: { $0.scope == scope }) {
            throw ActionRefusal(.conflict, "AlreadySuspended", "\(scope) is already \(earlier.text)")
        }
        let suspension = Suspension(id: 0, scope: scope, reason: reason, actor: actor, since: context.now)
        try await recorded { try await store.recordSuspension(suspension) }
        await heed(scope)
        let what =
            scope.object == nil ? "nothing is applied, pruned or healed there" : "it is not applied, pruned or healed"
        return ActionAnswer(
            "suspended \(scope): \(what) until you take it up again: mainstay resume\(scope.arguments)")
    }

    func resume(_ scope: Suspension.Scope, by actor: String) async throws(ActionRefusal) -> ActionAnswer {
        let store = context.store
        let active = try await recorded { try await store.suspensions() }
        guard let suspension = active.first(where: { $0.scope == scope }) else {
            let known = active.map { "\($0.scope)" }
            let list =
                known.isEmpty
                ? "nothing is suspended" : "what is suspended: \(known.prefix(20).joined(separator: "; "))"
            throw ActionRefusal(.conflict, "NotSuspended", "no suspension is of \(scope) alone; \(list)")
        }
        let now = context.now
        try await recorded { try await store.endSuspension(suspension, by: actor, at: now) }
        await heed(scope)
        let others = active.filter { other in
            other != suspension && workers.keys.contains { scope.covers($0) && other.covers($0) }
        }
        let rest =
            others.isEmpty ? "" : "; it stays suspended with \(others.map { "\($0.scope)" }.joined(separator: ", "))"
        let again =
            suspension.destroys
            ? "; what was destroyed is made again, and what was approved of it before need not be again" : ""
        return ActionAnswer("resumed \(scope): it is brought to what git asks for\(again)\(rest)")
    }

    func heed(_ scope: Suspension.Scope) async {
        for (target, worker) in workers.sorted(by: { $0.key < $1.key }) where scope.covers(target) {
            await worker.heed()
        }
    }

    /// A name that nothing has is a mistake, and would set nothing aside.
    func requireKnown(_ scope: Suspension.Scope) async throws(ActionRefusal) {
        let targets = workers.keys.sorted().filter { scope.covers($0) }
        guard !targets.isEmpty else {
            if let application = scope.application, let environment = scope.environment {
                throw unknown(TargetID(application: application, environment: environment))
            }
            let what =
                scope.application.map { "application \"\($0)\"" } ?? scope.environment.map { "environment \"\($0)\"" }
            throw ActionRefusal(
                .unknown, "UnknownApplication",
                "there is no \(what ?? "application"): `mainstay get applications` lists what there is")
        }
        guard let object = scope.object else { return }
        let store = context.store
        for target in targets {
            let manifests = await workers[target]?.desiredManifests ?? []
            if manifests.contains(where: { object.matches($0.id) }) { return }
            let inventory = try await recorded { try await store.inventory(of: target) }
            if inventory.contains(where: { object.matches($0.object) }) { return }
        }
        throw ActionRefusal(
            .unknown, "UnknownObject",
            "\(targets.map { "\($0)" }.joined(separator: ", ")) has no object \(object); name it as KIND/NAME or "
                + "KIND/NAMESPACE/NAME")
    }
}
