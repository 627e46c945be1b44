// SPDX-License-Identifier: Apache-2.0

/// The controllers a cluster has.
package enum StandardControllers {
    package static func all(pace: SandboxPace = SandboxPace()) -> [any SandboxController] {
        [
            DeploymentController(), ReplicaSetController(), Scheduler(), Kubelet(pace: pace),
        ]
    }
}
