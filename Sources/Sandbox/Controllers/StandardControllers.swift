// SPDX-License-Identifier: Apache-2.0

/// The controllers a cluster has.
package enum StandardControllers {
    package static func all(pace: SandboxPace = SandboxPace()) -> [any SandboxController] {
        surroundings(pace: pace) + manager(pace: pace)
    }

    /// What the controller manager runs.
    static func manager(pace: SandboxPace = SandboxPace()) -> [any SandboxController] {
        [
            NamespaceContentController(), DeploymentController(), ReplicaSetController(),
            StatefulSetController(), DaemonSetController(), CronJobController(), JobController(pace: pace),
            AutoscalerController(pace: pace), EndpointSliceController(), DisruptionController(), VolumeController(),
            QuotaController(), KnativeController(),
        ]
    }

    /// The scheduler, the node, its storage and the cloud around them.
    static func surroundings(pace: SandboxPace = SandboxPace()) -> [any SandboxController] {
        [VolumeProvisioner(), Scheduler(), Kubelet(pace: pace), LoadBalancerController(pace: pace)]
    }
}
