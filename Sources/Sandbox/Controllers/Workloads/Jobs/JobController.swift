// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Jobs: pods until enough of them have succeeded (kubernetes, pkg/controller/job).
///
/// A pod is held by a finalizer until the Job's status has counted it. What the real controller does in one pass with
/// writes in between takes two here: the status that names the uncounted pods and their release, then the counts.
package struct JobController: SandboxController {
    package let name = "job-controller"
    private let pace: SandboxPace

    package init(pace: SandboxPace) { self.pace = pace }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "Job": return [object.objectID]
        case "Pod":
            if let job = object.controllerKey(of: .job) { return [job] }
            // Left behind by a Job that was deleted without its pods.
            return object.isTrackedByJob ? [object.objectID] : []
        default: return []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        if key.groupKind == .pod {
            if let pod = cluster.object(key), pod.controllerReference == nil { result.release(pod) }
            return result
        }
        let job = cluster.object(key)
        if let job, let manager = job.string(at: "spec", "managedBy"), manager != "kubernetes.io/job-controller" {
            return result
        }
        for pod in cluster.objects(.pod, namespace: key.namespace) where pod.isTrackedByJob {
            guard pod.controllerKey(of: .job) == key else { continue }
            // Of a Job that is gone, or that counts no more.
            let isOrphan = pod.controllerReference?["uid"]?.string != job?.uid
            if isOrphan || job?.isJobFinished == true { result.release(pod) }
        }
        guard let job else { return result }
        if job.isJobFinished {
            expire(job, now: now, result: &result)
            return result
        }
        var sync = JobSync(job, in: cluster, pace: pace, now: now, result: result)
        sync.run(random: &random)
        return sync.result
    }

    /// A finished Job goes after its time to live, once its pods are gone (pkg/controller/ttlafterfinished).
    private func expire(_ job: Object, now: Timestamp, result: inout ControllerResult) {
        guard let seconds = job.int(at: "spec", "ttlSecondsAfterFinished"), !job.isTerminating,
            let status = job["status"]?.object,
            let end = (status.condition("Complete") ?? status.condition("Failed"))?.time(at: "lastTransitionTime")
        else { return }
        let due = end + .seconds(seconds)
        if now >= due { result.deleteForeground(job) } else { result.wake(at: due) }
    }
}

extension Object {
    static let jobTrackingFinalizer = "batch.kubernetes.io/job-tracking"

    /// A Job's pod that its status has not counted.
    var isTrackedByJob: Bool { finalizers.contains(Self.jobTrackingFinalizer) }
}

extension ControllerResult {
    /// Takes the finalizer off that holds a Job's pod.
    mutating func release(_ pod: Object) {
        guard pod.isTrackedByJob else { return }
        var released = pod
        released.setFinalizers(pod.finalizers.filter { $0 != Object.jobTrackingFinalizer })
        update(released)
    }
}
