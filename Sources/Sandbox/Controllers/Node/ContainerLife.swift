// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The life of one container, a state at a time.
struct ContainerLife {
    let pod: Object
    let container: Object
    /// Runs to its end before the pod's other containers start.
    let isInitializer: Bool
    let pace: SandboxPace
    /// Why it cannot be created, if something it refers to is missing.
    let problem: String?

    private var name: String { container["name"]?.string ?? "" }
    private var image: String { container["image"]?.string ?? "" }
    private var fate: PodFate {
        let own = PodFate(pod: pod)
        return pace.readsImageTags ? own.union(PodFate(image: image)) : own
    }

    private var restartPolicy: String { pod.string(at: "spec", "restartPolicy") ?? "Always" }

    /// A sidecar (KEP-753) restarts whatever the pod's policy says.
    private var isSidecar: Bool { container["restartPolicy"]?.string == "Always" }

    /// Takes the step that is due, and asks to be woken for the next one.
    func step(_ status: inout ContainerStatus, now: Timestamp, result: inout ControllerResult) {
        if status.since == nil { begin(&status, now: now, result: &result) }
        if let due = nextStep(status), due <= now { advance(&status, now: now, result: &result) }
        if let due = nextStep(status) { result.wake(at: due) }
    }

    /// When the present state is over; nil for never, or not by itself.
    private func nextStep(_ status: ContainerStatus) -> Timestamp? {
        guard let since = status.since else { return nil }
        switch status.state {
        case .waiting(reason: "ErrImagePull", _): return since + pace.pullError
        case .waiting(reason: "ImagePullBackOff", _): return since + pace.pullBackOff
        case .waiting(reason: "CreateContainerConfigError", let message): return problem == message ? nil : since
        case .waiting(reason: "CrashLoopBackOff", _): return since + backOff(restarts: status.restartCount)
        case .waiting: return since + (fate.contains(.slow) ? pace.slowPull : pace.pull)
        case .running:
            let probes = status.isStarted ? nil : since + readyDelay
            return [runDuration.map { since + $0 }, probes].compactMap { $0 }.min()
        case .terminated(let exitCode): return isRestarted(after: exitCode) ? since + pace.restart : nil
        }
    }

    private func advance(_ status: inout ContainerStatus, now: Timestamp, result: inout ControllerResult) {
        switch status.state {
        case .waiting(reason: "ErrImagePull", _):
            let message = "Back-off pulling image \"\(image)\""
            status.wait(reason: "ImagePullBackOff", message: message, now: now)
            result.event(pod, "BackOff", message)
            result.event(pod, "Failed", "Error: ImagePullBackOff", warning: true)
        case .waiting(reason: "ImagePullBackOff", _):
            result.event(pod, "Pulling", "Pulling image \"\(image)\"")
            create(&status, now: now, result: &result)
        case .waiting(reason: "CrashLoopBackOff", _): start(&status, now: now, result: &result)
        case .waiting: create(&status, now: now, result: &result)
        case .running: run(&status, now: now, result: &result)
        case .terminated: restart(&status, now: now, result: &result)
        }
    }

    /// Whether it has done its part of starting the pod, so that the next container may start.
    func hasInitialized(_ status: ContainerStatus) -> Bool {
        isSidecar ? status.isStarted || status.hasRun : status.state == .terminated(exitCode: 0)
    }

    private func begin(_ status: inout ContainerStatus, now: Timestamp, result: inout ControllerResult) {
        if case .waiting(let reason, _) = status.state {
            status.wait(reason: isInitializer ? reason : "ContainerCreating", now: now)
        }
        result.event(pod, "Pulling", "Pulling image \"\(image)\"")
    }

    private func create(_ status: inout ContainerStatus, now: Timestamp, result: inout ControllerResult) {
        if fate.contains(.missing) {
            let message =
                "failed to pull and unpack image \"\(image)\": failed to resolve reference \"\(image)\": not found"
            status.wait(reason: "ErrImagePull", message: message, now: now)
            result.event(pod, "Failed", "Failed to pull image \"\(image)\": \(message)", warning: true)
            result.event(pod, "Failed", "Error: ErrImagePull", warning: true)
            return
        }
        if let problem {
            status.wait(reason: "CreateContainerConfigError", message: problem, now: now)
            result.event(pod, "Failed", "Error: \(problem)", warning: true)
            return
        }
        result.event(pod, "Pulled", "Successfully pulled image \"\(image)\"")
        start(&status, now: now, result: &result)
    }

    private func start(_ status: inout ContainerStatus, now: Timestamp, result: inout ControllerResult) {
        status.run(now: now)
        result.event(pod, "Created", "Created container: \(name)")
        result.event(pod, "Started", "Started container \(name)")
    }

    private func run(_ status: inout ContainerStatus, now: Timestamp, result: inout ControllerResult) {
        if let since = status.since, let duration = runDuration, since + duration <= now {
            status.terminate(exitCode: fate.exitCode, now: now)
            return
        }
        let isReady = !fate.contains(.unready)
        status.answerProbes(ready: isReady)
        if !isReady, container["readinessProbe"] != nil {
            result.event(
                pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", warning: true)
        }
    }

    /// How long it runs; nil for ever.
    private var runDuration: Duration? {
        if fate.exitCode != 0 { return pace.crash }
        if isSidecar { return nil }
        if isInitializer { return pace.initialize }
        return restartPolicy == "Always" || fate.contains(.unready) ? nil : pace.work
    }

    private var readyDelay: Duration {
        let seconds = ["startupProbe", "readinessProbe"].reduce(0) {
            $0 + (container.int(at: $1, "initialDelaySeconds") ?? 0)
        }
        return pace.ready + pace.probeSecond * seconds
    }

    private func isRestarted(after exitCode: Int) -> Bool {
        if isSidecar { return true }
        if restartPolicy == "Never" { return false }
        return exitCode != 0 || (restartPolicy == "Always" && !isInitializer)
    }

    /// The first restart comes at once, as with a real kubelet.
    private func restart(_ status: inout ContainerStatus, now: Timestamp, result: inout ControllerResult) {
        guard status.restartCount > 0 else { return start(&status, now: now, result: &result) }
        let seconds = max(1, backOff(restarts: status.restartCount).components.seconds)
        let instance = "\(pod.name)_\(pod.namespace)(\(pod.uid))"
        status.wait(
            reason: "CrashLoopBackOff",
            message: "back-off \(seconds)s restarting failed container=\(name) pod=\(instance)", now: now)
        result.event(
            pod, "BackOff", "Back-off restarting failed container \(name) in pod \(instance)", warning: true)
    }

    private func backOff(restarts: Int) -> Duration {
        min(pace.crashBackOff * (1 << min(max(0, restarts - 1), 16)), pace.crashBackOffLimit)
    }
}
