// SPDX-License-Identifier: Apache-2.0

/// The controllers a cluster has.
package enum StandardControllers {
    /// - Parameter certificateAuthority: in PEM, what workloads verify the server by; empty where there is none.
    package static func all(
        pace: SandboxPace = SandboxPace(), certificateAuthority: String = ""
    ) -> [any SandboxController] {
        surroundings(pace: pace) + manager(pace: pace, certificateAuthority: certificateAuthority)
    }

    /// What the controller manager runs.
    static func manager(
        pace: SandboxPace = SandboxPace(), certificateAuthority: String = ""
    ) -> [any SandboxController] {
        [
            NamespaceContentController(certificateAuthority: certificateAuthority), DeploymentController(),
            ReplicaSetController(),
            StatefulSetController(), DaemonSetController(), CronJobController(), JobController(pace: pace),
            AutoscalerController(pace: pace), EndpointSliceController(), DisruptionController(), VolumeController(),
            QuotaController(), EndpointsController(),
        ]
    }

    /// The scheduler, the node, its storage and the cloud around them.
    static func surroundings(pace: SandboxPace = SandboxPace()) -> [any SandboxController] {
        [
            VolumeProvisioner(), Scheduler(), Kubelet(pace: pace), LoadBalancerController(pace: pace),
            KnativeController(),
        ]
    }
}
