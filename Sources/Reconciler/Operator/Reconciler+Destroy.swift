// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension Reconciler {
    /// Deletes what applications have, and keeps it from being made again until somebody resumes it.
    func destroy(
        _ scope: Suspension.Scope, phrase: String?, because reason: String?, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        let store = context.store
        guard scope.environment != nil, scope.object == nil else {
            throw ActionRefusal(
                .invalid, "InvalidRequest", "destroy an application in an environment, or an environment")
        }
        try await requireKnown(scope)
        let active = try await recorded { try await store.suspensions() }
        let targets = workers.keys.sorted().filter { scope.covers($0) }
        // The older one would be heeded first, and this one long after, when nobody thinks of it.
        if let earlier = active.first(where: { other in targets.contains { other.covers($0) } }) {
            throw ActionRefusal(
                .conflict, "AlreadySuspended",
                "\(earlier.scope) is \(earlier.text); take it up again first: mainstay resume\(earlier.scope.arguments)"
            )
        }
        var items: [String] = []
        var staying: [String] = []
        var identities: [String] = []
        for target in targets {
            let inventory = try await recorded { try await store.inventory(of: target) }
            let cluster = try await recorded { try await store.cluster(of: target) }
            let view = context.at(cluster ?? "").view
            for record in inventory {
                let live = await view.object(record.object)
                if let why = Self.whyKept(record.object, live) {
                    staying.append("\(record.object) (\(why))")
                } else {
                    items.append("\(record.object)")
                }
                staying += live.map(Self.claimsLeft) ?? []
            }
            identities += inventory.map { "\(target) \($0.object.key) \($0.uid)" }
        }
        // The words name the list: what was looked at is what goes.
        let count = items.count == 1 ? "1 object" : "\(items.count) objects"
        let wanted = "destroy \(count) of \(scope), list \(ListCode.of(identities))"
        guard let phrase else {
            return ActionAnswer(
                "\(count) of \(scope) would be deleted, with what they hold"
                    + (staying.isEmpty ? "" : "; these stay: \(staying.joined(separator: ", "))")
                    + "; to do it: mainstay destroy\(scope.arguments) --confirm \"\(wanted)\"", items: items,
                code: wanted)
        }
        guard phrase == wanted else {
            throw ActionRefusal(
                .invalid, "WrongPhrase",
                "\"\(phrase.prefix(120))\" is not what destroys it now: nothing was deleted; look again without --confirm"
            )
        }
        let suspension = Suspension(
            id: 0, scope: scope, reason: reason ?? count, actor: actor, since: context.now, destroys: true)
        try await recorded { try await store.recordSuspension(suspension) }
        await heed(scope)
        return ActionAnswer(
            "destroying \(scope): its objects are deleted, and not made again until you say so: "
                + "mainstay resume\(scope.arguments)", items: items, code: wanted)
    }

    /// Why an object stays, by its kind and what is known of its marks.
    private static func whyKept(_ id: ObjectID, _ live: Object?) -> String? {
        let marks = live.map { ObjectMarks($0) }
        if let mark = marks?.keepMark { return KeepReason.marked(mark).words }
        return PruneRules.isProtected(id.groupKind) && marks?.allowsPrune != true ? KeepReason.protectedKind.words : nil
    }

    /// A StatefulSet's claims are in no manifest, and outlive it unless it says otherwise.
    private static func claimsLeft(by set: Object) -> [String] {
        guard set.groupVersionKind.groupKind == GroupKind(group: "apps", kind: "StatefulSet"),
            set.value(at: "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted")?.string != "Delete"
        else { return [] }
        return (set.value(at: "spec", "volumeClaimTemplates")?.array ?? []).compactMap { claim in
            claim["metadata"]?["name"]?.string.map { "the claims \($0) of \(set.objectID)" }
        }
    }
}
