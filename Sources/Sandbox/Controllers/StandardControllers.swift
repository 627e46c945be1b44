// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The controllers a cluster has.
package enum StandardControllers {
    /// - Parameters:
    ///   - certificateAuthority: in PEM, what workloads verify the server by; empty where there is none.
    ///   - timeZones: those that CronJobs may name.
    ///   - load: what autoscalers see.
    package static func all(
        pace: SandboxPace = SandboxPace(), certificateAuthority: String = "", timeZones: TimeZones = .utcOnly,
        load: SandboxLoad = .onTarget
    ) -> [any SandboxController] {
        surroundings(pace: pace)
            + manager(pace: pace, certificateAuthority: certificateAuthority, timeZones: timeZones, load: load)
    }

    /// What the controller manager runs.
    static func manager(
        pace: SandboxPace = SandboxPace(), certificateAuthority: String = "", timeZones: TimeZones = .utcOnly,
        load: SandboxLoad = .onTarget
    ) -> [any SandboxController] {
        [
            NamespaceContentController(certificateAuthority: certificateAuthority), DeploymentController(),
            ReplicaSetController(),
            StatefulSetController(), DaemonSetController(), CronJobController(timeZones: timeZones),
            JobController(pace: pace),
            AutoscalerController(pace: pace, load: load), EndpointSliceController(), DisruptionController(),
            VolumeController(),
            QuotaController(), EndpointsController(),
        ]
    }

    /// The scheduler, the node, its storage and the cloud around them.
    static func surroundings(pace: SandboxPace = SandboxPace()) -> [any SandboxController] {
        [
            VolumeProvisioner(), Scheduler(), Kubelet(pace: pace), NodeHeartbeat(),
            LoadBalancerController(pace: pace), KnativeServiceController(), KnativeConfigurationController(),
            KnativeRevisionController(), KnativeRouteController(),
        ]
    }
}
