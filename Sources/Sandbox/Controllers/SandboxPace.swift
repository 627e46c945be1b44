// SPDX-License-Identifier: Apache-2.0

/// How fast the box's nodes and cloud are. Everything a real cluster takes seconds for is shortened; spec fields in
/// seconds (`minReadySeconds`, `progressDeadlineSeconds`, `activeDeadlineSeconds` …) are never scaled.
package struct SandboxPace: Sendable {
    /// From a container's creation to its start: pulling an image that is there.
    package var pull: Duration = .milliseconds(250)
    /// The same for an image whose tag holds `slow`.
    package var slowPull: Duration = .milliseconds(7500)
    /// How long `ErrImagePull` shows before it turns into `ImagePullBackOff`.
    package var pullError: Duration = .milliseconds(500)
    /// How long `ImagePullBackOff` lasts before the next pull.
    package var pullBackOff: Duration = .seconds(5)
    /// From a container's start to ready.
    package var ready: Duration = .milliseconds(300)
    /// What one second of a probe's `initialDelaySeconds` costs: images start at once here, so the wait is a tenth.
    package var probeSecond: Duration = .milliseconds(100)
    /// How long a container whose image holds `crash` or `fail` runs.
    package var crash: Duration = .milliseconds(200)
    /// How long a container of a pod that is not restarted on success (a Job's) runs.
    package var work: Duration = .seconds(1)
    /// How long an init container runs.
    package var initialize: Duration = .milliseconds(150)
    /// How long a container shows as terminated before the kubelet goes on.
    package var restart: Duration = .milliseconds(150)
    /// The first `CrashLoopBackOff`, doubled each time (a real kubelet starts at 10 s).
    package var crashBackOff: Duration = .seconds(1)
    /// The longest `CrashLoopBackOff` (a real kubelet's is 5 minutes).
    package var crashBackOffLimit: Duration = .seconds(30)
    /// How often a mount that fails is tried and reported.
    package var mountRetry: Duration = .seconds(2)
    /// From a pod's deletion to its end.
    package var stop: Duration = .milliseconds(200)
    /// The pause after a Job's first failed pod, doubled each time (a real cluster starts at 10 s).
    package var jobBackOff: Duration = .seconds(1)
    /// The longest pause between a Job's pods.
    package var jobBackOffLimit: Duration = .seconds(30)
    /// From a Service's creation to its load balancer's address.
    package var loadBalancer: Duration = .seconds(2)
    /// From an autoscaler's creation to its first look at the load, and from one look to the next, as on a real cluster.
    package var autoscale: Duration = .seconds(15)
    /// Whether words in an image's tag (`crash`, `missing` …) decide what becomes of its containers. Without, only the
    /// annotation `sandbox.mainstay.dev/fate` of a pod does.
    package var readsImageTags = true

    package init() {}
}
