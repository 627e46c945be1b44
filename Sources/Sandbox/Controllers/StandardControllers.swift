// SPDX-License-Identifier: Apache-2.0

/// The controllers a cluster has.
package enum StandardControllers {
    package static func all(pace: SandboxPace = SandboxPace()) -> [any SandboxController] {
        [
            NamespaceContentController(), VolumeController(), DeploymentController(), ReplicaSetController(),
            StatefulSetController(), DaemonSetController(), CronJobController(), JobController(pace: pace),
            AutoscalerController(), Scheduler(), Kubelet(pace: pace), EndpointSliceController(),
            LoadBalancerController(pace: pace), DisruptionController(),
        ]
    }
}
