// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The states of all of a pod's containers.
struct PodContainers {
    private(set) var initializers: [ContainerStatus]
    private(set) var main: [ContainerStatus]
    private(set) var hasInitialized = false

    /// From the pod's status, or all waiting where it has none yet.
    init(_ pod: Object) {
        let first = pod.list(at: "spec", "initContainers")
        func statuses(_ field: String, _ containers: [Object]) -> [ContainerStatus] {
            let stored = pod.list(at: "status", field)
            let reason = first.isEmpty ? "ContainerCreating" : "PodInitializing"
            return containers.map { container in
                stored.first { $0["name"] == container["name"] }.map(ContainerStatus.init)
                    ?? ContainerStatus(of: container, reason: reason)
            }
        }
        initializers = statuses("initContainerStatuses", first)
        main = statuses("containerStatuses", pod.list(at: "spec", "containers"))
        hasInitialized = initializers.isEmpty || pod["status"]?.object?.holds("Initialized") == true
    }

    private var all: [ContainerStatus] { initializers + main }

    /// Whether any container has been made: mounts are there then.
    var hasStarted: Bool {
        all.contains { status in
            if case .waiting(let reason, _) = status.state {
                return status.hasRun || !["ContainerCreating", "PodInitializing"].contains(reason)
            }
            return true
        }
    }

    var latestChange: Timestamp? { all.compactMap(\.since).max() }

    /// Notes a failed try to mount; true where one was due.
    mutating func mountDue(retry: Duration, now: Timestamp, result: inout ControllerResult) -> Bool {
        guard let last = latestChange, now < last + retry else {
            if initializers.isEmpty {
                for index in main.indices { main[index].wait(reason: "ContainerCreating", now: now) }
            } else {
                initializers[0].wait(reason: "PodInitializing", now: now)
            }
            result.wake(at: now + retry)
            return true
        }
        result.wake(at: last + retry)
        return false
    }

    /// Init containers one after the other, then all others at once.
    mutating func step(
        _ pod: Object, references: PodReferences, pace: SandboxPace, now: Timestamp, result: inout ControllerResult
    ) {
        func life(_ container: Object, isInitializer: Bool) -> ContainerLife {
            ContainerLife(
                pod: pod, container: container, isInitializer: isInitializer, pace: pace,
                problem: references.configurationProblem(of: container))
        }
        hasInitialized = true
        for (index, container) in pod.list(at: "spec", "initContainers").enumerated() {
            let life = life(container, isInitializer: true)
            let isDone = life.hasInitialized(initializers[index])
            if !isDone || initializers[index].state == .running {
                life.step(&initializers[index], now: now, result: &result)
            }
            guard life.hasInitialized(initializers[index]) else {
                hasInitialized = false
                return
            }
        }
        for (index, container) in pod.list(at: "spec", "containers").enumerated() {
            life(container, isInitializer: false).step(&main[index], now: now, result: &result)
        }
    }

    /// Ends every container that has not ended. False where none was left.
    mutating func terminate(_ pod: Object, now: Timestamp, result: inout ControllerResult) -> Bool {
        func end(_ statuses: inout [ContainerStatus]) -> Bool {
            var any = false
            for index in statuses.indices {
                switch statuses[index].state {
                case .terminated: continue
                case .running:
                    result.event(pod, "Killing", "Stopping container \(statuses[index].name)")
                    // A server stops in order; what was to run to its end is cut off by SIGTERM.
                    let isServer = pod.string(at: "spec", "restartPolicy") ?? "Always" == "Always"
                    statuses[index].terminate(exitCode: isServer ? 0 : 143, now: now)
                case .waiting: statuses[index].terminate(exitCode: 137, now: now)
                }
                any = true
            }
            return any
        }
        let first = end(&initializers)
        let second = end(&main)
        return first || second
    }
}
