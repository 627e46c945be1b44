// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Storage, traffic, scaling and the API itself.
extension HealthRules {
    static func persistentVolumeClaim(_ status: ObjectStatus) -> Health {
        switch status.status["phase"]?.string {
        case "Bound": return .healthy()
        case "Lost": return .degraded("Lost", "its volume is gone", .atOnce)
        default:
            // The volume controller names a provisioner once it is to provision: before, the claim of a class with
            // WaitForFirstConsumer waits for its pod, and the pod's rollout for nothing here.
            let annotations = status.object.annotations
            let keys = [
                "volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner",
                "volume.kubernetes.io/selected-node",
            ]
            if keys.contains(where: { annotations[$0] != nil }) {
                return .progressing("Provisioning", "its volume is being provisioned")
            }
            return .healthy("WaitForFirstConsumer", note: "is not bound: it waits for its first consumer")
        }
    }

    static func persistentVolume(_ status: ObjectStatus) -> Health {
        switch status.status["phase"]?.string {
        case "Failed": .degraded("Failed", "its reclamation failed")
        case "Pending", nil: .progressing("Pending", "is not available yet")
        default: .healthy()
        }
    }

    /// A load balancer's address is for information: many clusters never give one.
    static func service(_ status: ObjectStatus) -> Health {
        guard status.object.value(at: "spec", "type")?.string == "LoadBalancer" else { return .healthy() }
        if (status.object.value(at: "spec", "clusterIP")?.string ?? "").isEmpty {
            return .progressing("NoClusterIP", "has no cluster address yet")
        }
        return addressNote(status)
    }

    static func ingress(_ status: ObjectStatus) -> Health { addressNote(status) }

    private static func addressNote(_ status: ObjectStatus) -> Health {
        let addresses = status.status["loadBalancer"]?["ingress"]?.array ?? []
        return addresses.isEmpty ? .healthy("NoAddress", note: "has no external address yet") : .healthy()
    }

    static func namespace(_ status: ObjectStatus) -> Health {
        status.status["phase"]?.string == "Terminating"
            ? .progressing("Terminating", "the namespace is being deleted") : .healthy()
    }

    /// The server goes by the limits in its status, which its controller takes over from what was applied.
    static func resourceQuota(_ status: ObjectStatus) -> Health {
        guard let wanted = status.object.value(at: "spec", "hard")?.object, let inForce = status.status["hard"]?.object
        else { return .healthy() }
        func amount(_ value: Value?) -> Quantity? {
            value.flatMap { Quantity($0.string ?? $0.integer.map { "\($0)" } ?? "") }
        }
        let late = wanted.pairs.first { amount($0.value) != amount(inForce[$0.key]) }
        return late.map { .progressing("NotInForce", "its limit of \(SafeText.word($0.key)) is not in force yet") }
            ?? .healthy()
    }

    /// Every condition is read: a failing one is not hidden by a good one that stands before it.
    static func horizontalPodAutoscaler(_ status: ObjectStatus) -> Health {
        for type in ["AbleToScale", "ScalingActive"] {
            guard let condition = status.condition(type), condition.isFalse else { continue }
            if condition.reason == "ScalingDisabled" {
                return .healthy("ScalingDisabled", note: "scaling is off while its target has no replicas")
            }
            return Health.degraded(condition.reason.isEmpty ? type : condition.reason, condition.summary).advisory
        }
        return status.conditions.isEmpty
            ? Health.progressing("NotEvaluated", "was not evaluated yet").advisory : .healthy()
    }

    static func podDisruptionBudget(_ status: ObjectStatus) -> Health {
        guard let condition = status.condition("DisruptionAllowed"), condition.isFalse,
            condition.reason != "InsufficientPods"
        else { return .healthy() }
        return Health.degraded(condition.reason.isEmpty ? "SyncFailed" : condition.reason, condition.summary).advisory
    }

    static func customResourceDefinition(_ status: ObjectStatus) -> Health {
        if let names = status.condition("NamesAccepted"), names.isFalse {
            return .degraded(names.reason.isEmpty ? "NamesNotAccepted" : names.reason, names.summary, .atOnce)
        }
        guard let established = status.condition("Established") else {
            return .progressing("NotEstablished", "the kind is not served yet")
        }
        if established.isTrue { return .healthy() }
        if established.isFalse, established.reason != "Installing" {
            return .degraded(
                established.reason.isEmpty ? "NotEstablished" : established.reason, established.summary, .afterGrace)
        }
        return .progressing("Installing", established.summary)
    }

    static func apiService(_ status: ObjectStatus) -> Health {
        guard let available = status.condition("Available") else {
            return .progressing("NotAvailable", "its availability was not checked yet")
        }
        if available.isTrue { return .healthy() }
        return .degraded(available.reason.isEmpty ? "NotAvailable" : available.reason, available.summary)
    }
}
