// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Deployments: a ReplicaSet per pod template, rolled over by the strategy's arithmetic.
///
/// Follows kubernetes, pkg/controller/deployment, step for step, so that the states a rollout shows are the real ones.
package struct DeploymentController: SandboxController {
    package let name = "deployment-controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "Deployment": [object.objectID]
        case "ReplicaSet": object.controllerKey(of: .deployment).map { [$0] } ?? []
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard let deployment = cluster.object(key) else { return ControllerResult() }
        var sync = DeploymentSync(deployment, in: cluster, now: now)
        sync.run()
        return sync.result
    }
}

/// One pass over one Deployment.
struct DeploymentSync {
    static let revisionKey = "deployment.kubernetes.io/revision"
    static let historyKey = "deployment.kubernetes.io/revision-history"
    static let desiredKey = "deployment.kubernetes.io/desired-replicas"
    static let maximumKey = "deployment.kubernetes.io/max-replicas"

    let cluster: any ClusterReader
    let now: Timestamp
    let math: RolloutMath
    var deployment: Object
    var result = ControllerResult()
    /// As they are stored, with the sizes this pass gives them.
    var old: [Object] = []
    var new: Object?

    init(_ deployment: Object, in cluster: any ClusterReader, now: Timestamp) {
        self.cluster = cluster
        self.now = now
        self.deployment = deployment
        math = RolloutMath(deployment)
    }

    var all: [Object] { old + (new.map { [$0] } ?? []) }

    /// Pods there are or are to be. A ReplicaSet that has yet to delete some counts with those: so no moment has more
    /// pods than the surge allows, in whatever order the ReplicaSets are reconciled (the real one allows that race).
    var total: Int { all.reduce(0) { $0 + max($1.replicas, $1.count("replicas")) } }

    var hasProgressDeadline: Bool {
        deployment.int(at: "spec", "progressDeadlineSeconds").map { $0 < Int(Int32.max) } ?? false
    }

    mutating func run() {
        findReplicaSets()
        if deployment.isTerminating {
            writeStatus(calculatedStatus())
            return
        }
        notePause()
        if deployment.value(at: "spec", "paused")?.bool == true {
            synchronizeRevision(creating: false)
            scale()
            cleanUpHistory()
            writeStatus(calculatedStatus())
        } else if isScaling {
            synchronizeRevision(creating: false)
            scale()
            writeStatus(calculatedStatus())
        } else if math.isRecreate {
            recreate()
        } else {
            roll()
        }
    }

    private mutating func roll() {
        synchronizeRevision(creating: true)
        guard let new else { return }
        if scaleUpNew(new) || scaleDownOld(new: new) { return writeRolloutStatus() }
        if isComplete(deployment["status"]?.object ?? Object()) { cleanUpHistory() }
        writeRolloutStatus()
    }

    private mutating func recreate() {
        synchronizeRevision(creating: false)
        let active = old.filter { $0.replicas > 0 }
        if !active.isEmpty {
            for replicaSet in active { setSize(of: replicaSet, to: 0) }
            return writeRolloutStatus()
        }
        let running = old.contains { set in
            cluster.controlled(by: set, kind: .pod).contains { !$0.isPodFinished }
        }
        if running { return writeRolloutStatus() }
        synchronizeRevision(creating: true)
        if let new { setSize(of: new, to: math.replicas) }
        if isComplete(deployment["status"]?.object ?? Object()) { cleanUpHistory() }
        writeRolloutStatus()
    }

    private mutating func scaleUpNew(_ new: Object) -> Bool {
        let size = new.replicas
        guard size != math.replicas else { return setSize(of: new, to: size) }
        if size > math.replicas { return setSize(of: new, to: math.replicas) }
        return setSize(of: new, to: math.newSize(current: size, total: total))
    }

    /// First what is broken anyway, then healthy pods as far as enough others are available.
    private mutating func scaleDownOld(new: Object) -> Bool {
        var active = old.filter { $0.replicas > 0 }
        guard !active.isEmpty else { return false }
        let total = all.reduce(0) { $0 + $1.replicas }
        let newUnavailable = new.replicas - new.count("availableReplicas")
        let room = total - math.minimumAvailable - newUnavailable
        guard room > 0 else { return false }
        var removed = 0
        for index in active.indices where removed < room {
            let (size, available) = (active[index].replicas, active[index].count("availableReplicas"))
            guard size > available else { continue }
            let count = min(room - removed, size - available)
            setSize(of: active[index], to: size - count)
            active[index].set(.count(size - count), at: "spec", "replicas")
            removed += count
        }
        let available = all.reduce(0) { $0 + $1.count("availableReplicas") }
        var spare = available - math.minimumAvailable
        for replicaSet in active where spare > 0 && replicaSet.replicas > 0 {
            let count = min(replicaSet.replicas, spare)
            setSize(of: replicaSet, to: replicaSet.replicas - count)
            spare -= count
            removed += count
        }
        return removed > 0
    }
}

extension Object {
    /// A workload's wanted size.
    var replicas: Int { int(at: "spec", "replicas") ?? 1 }

    /// A count of the status, zero where it is left out.
    func count(_ field: String) -> Int { int(at: "status", field) ?? 0 }
}
