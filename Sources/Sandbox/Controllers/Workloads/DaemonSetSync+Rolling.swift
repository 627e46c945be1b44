// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The rolling update of a DaemonSet (kubernetes, pkg/controller/daemon/update.go).
extension DaemonSetSync {
    private func limit(_ field: String, standard: Value) -> Int {
        let rolling = daemonSet.value(at: "spec", "updateStrategy", "rollingUpdate")
        return IntOrPercent.count(rolling?[field] ?? standard, of: desired, roundingUp: true) ?? 0
    }

    /// How many pods an update may add.
    var surge: Int {
        daemonSet.string(at: "spec", "updateStrategy", "type") == "OnDelete" ? 0 : limit("maxSurge", standard: 0)
    }

    mutating func roll(random: inout any RandomNumberGenerator) {
        if surge > 0 { addNew(random: &random) } else { removeOld(random: &random) }
    }

    /// The node's pods that are not being deleted; nil where there are several of one kind, which come first.
    private func pair(on node: String) -> (new: Object?, old: Object?)? {
        let staying = (pods[node] ?? []).filter { !$0.isTerminating }
        let (new, old) = (staying.filter(isUpdated), staying.filter { !isUpdated($0) })
        return new.count > 1 || old.count > 1 ? nil : (new.first, old.first)
    }

    /// Every node that a pod is on, or belongs to.
    private var places: [NodePlace] { nodes.filter { $0.shouldRun || pods[$0.name] != nil } }

    /// Deletes old pods as far as others are available; those that are not available anyway, at once.
    private mutating func removeOld(random: inout any RandomNumberGenerator) {
        // Where both round to nothing, one pod may be missing: the update could never go on.
        let allowed = max(limit("maxUnavailable", standard: 1), 1)
        var unavailable = 0
        var replaced: [Object] = []
        var candidates: [Object] = []
        for place in places {
            guard let (new, old) = pair(on: place.name), (new == nil) != (old == nil) else {
                unavailable += 1
                continue
            }
            if let new {
                if !isAvailable(new) { unavailable += 1 }
            } else if let old {
                if !isAvailable(old) {
                    replaced.append(old)
                    unavailable += 1
                } else if unavailable < allowed {
                    candidates.append(old)
                }
            }
        }
        let room = max(0, allowed - unavailable)
        apply(creating: [], deleting: replaced + candidates.prefix(room), random: &random)
    }

    /// Puts new pods beside old ones, and deletes an old one when the new one is available.
    private mutating func addNew(random: inout any RandomNumberGenerator) {
        var (surging, available) = (0, 0)
        var leaving: [Object] = []
        var misplaced: [Object] = []
        var urgent: [Node] = []
        var candidates: [Node] = []
        for place in places {
            guard let (new, old) = pair(on: place.name) else {
                surging += 1
                continue
            }
            if let pod = old ?? new, isAvailable(pod) { available += 1 }
            guard let old else { continue }
            if let new {
                if isAvailable(new) { leaving.append(old) } else { surging += 1 }
            } else if !isAvailable(old) {
                if place.shouldRun { urgent.append(place.node) } else { leaving.append(old) }
            } else if !place.shouldRun {
                misplaced.append(old)
            } else if surging < surge {
                candidates.append(place.node)
            }
        }
        // Where pods are not to run any more, they go when enough others are available.
        leaving += misplaced.prefix(max(0, available - desired))
        let room = max(0, surge - surging)
        apply(creating: urgent + candidates.prefix(room), deleting: leaving, random: &random)
    }
}
