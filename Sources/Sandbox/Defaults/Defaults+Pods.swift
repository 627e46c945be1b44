// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Defaults {
    /// A Pod itself: more than its template has.
    static func pod(_ object: inout Object) {
        object.setDefault([:], at: "spec")
        object.edit("spec") { spec in
            podSpec(&spec)
            // Templates leave this to their pods.
            if spec["hostNetwork"] == true {
                for list in ["containers", "initContainers"] {
                    spec.editEach(list) { container in
                        container.editEach("ports") { port in
                            if let number = port["containerPort"] { port.setDefault(number, at: "hostPort") }
                        }
                    }
                }
            }
            for list in ["containers", "initContainers"] {
                spec.editEach(list) { container in
                    for pair in container.value(at: "resources", "limits")?.object?.pairs ?? [] {
                        container.setDefault(pair.value, at: "resources", "requests", pair.key)
                    }
                }
            }
            spec.setDefault(true, at: "enableServiceLinks")
        }
    }

    /// What admission adds to a new Pod; nobody owns it.
    static func admit(pod object: inout Object) {
        object.edit("spec") { spec in
            spec.setDefault(0, at: "priority")
            spec.setDefault("PreemptLowerPriority", at: "preemptionPolicy")
            var tolerations = spec["tolerations"]?.array ?? []
            for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
            where !tolerations.contains(where: {
                $0["key"] == .string(key) || ($0["key"] == nil && $0["operator"] == "Exists")
            }) {
                tolerations.append([
                    "key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
                ])
            }
            spec["tolerations"] = .array(tolerations)
        }
    }

    static func podTemplate(_ template: inout Object) {
        template.setDefault([:], at: "metadata")
        template.setDefault([:], at: "spec")
        template.edit("spec") { podSpec(&$0) }
    }

    private static func podSpec(_ spec: inout Object) {
        spec.setDefault("Always", at: "restartPolicy")
        spec.setDefault(30, at: "terminationGracePeriodSeconds")
        spec.setDefault("ClusterFirst", at: "dnsPolicy")
        spec.setDefault([:], at: "securityContext")
        spec.setDefault("default-scheduler", at: "schedulerName")
        if let account = spec["serviceAccountName"] ?? spec["serviceAccount"] {
            spec.setDefault(account, at: "serviceAccountName")
            spec["serviceAccount"] = account
        }
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            spec.editEach(list) { container(&$0) }
        }
        spec.editEach("volumes") { volumeSource(&$0) }
    }

    private static func container(_ container: inout Object) {
        container.editEach("ports") { $0.setDefault("TCP", at: "protocol") }
        container.editEach("env") { $0.edit("valueFrom") { fieldReference(&$0) } }
        container.setDefault([:], at: "resources")
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
            container.edit(name) { probe in
                handler(&probe)
                probe.setDefault(1, at: "timeoutSeconds")
                probe.setDefault(10, at: "periodSeconds")
                probe.setDefault(1, at: "successThreshold")
                probe.setDefault(3, at: "failureThreshold")
            }
        }
        for name in ["postStart", "preStop"] { container.edit("lifecycle", name) { handler(&$0) } }
        container.setDefault("/dev/termination-log", at: "terminationMessagePath")
        container.setDefault("File", at: "terminationMessagePolicy")
        let image = container["image"]?.string ?? ""
        container.setDefault(.string(isLatest(image) ? "Always" : "IfNotPresent"), at: "imagePullPolicy")
    }

    /// No tag and no digest means `latest`; what is no reference at all has no tag.
    private static func isLatest(_ image: String) -> Bool {
        guard !image.contains("@"), isReference(image) else { return false }
        let name = image.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let parts = name.split(separator: ":", maxSplits: 1)
        return parts.count < 2 || parts[1] == "latest"
    }

    /// Repositories are lower case; a registry before them, and a tag, need not be.
    private static func isReference(_ image: String) -> Bool {
        let parts = image.split(separator: "/", omittingEmptySubsequences: false)
        return parts.enumerated().allSatisfy { index, part in
            let isRegistry =
                index == 0 && parts.count > 1 && (part.contains(".") || part.contains(":") || part == "localhost")
            let name = isRegistry ? part.lowercased() : String(part.prefix { $0 != ":" })
            return !name.isEmpty
                && name.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-_.:[]".utf8.contains($0)
                }
        }
    }

    private static func handler(_ handler: inout Object) {
        handler.edit("httpGet") { action in
            action.setDefault("/", at: "path")
            action.setDefault("HTTP", at: "scheme")
        }
        handler.edit("grpc") { $0.setDefault("", at: "service") }
    }

    private static func fieldReference(_ source: inout Object) {
        source.edit("fieldRef") { $0.setDefault("v1", at: "apiVersion") }
        source.edit("resourceFieldRef") { $0.setDefault("0", at: "divisor") }
    }

    private static func volumeSource(_ volume: inout Object) {
        if volume.count == 1, volume["name"] != nil { volume["emptyDir"] = [:] }
        for source in ["configMap", "secret", "downwardAPI", "projected"] {
            volume.edit(source) { $0.setDefault(420, at: "defaultMode") }
        }
        volume.edit("downwardAPI") { $0.editEach("items") { fieldReference(&$0) } }
        volume.edit("projected") { projected in
            projected.editEach("sources") { source in
                source.edit("serviceAccountToken") { $0.setDefault(3600, at: "expirationSeconds") }
                source.edit("downwardAPI") { $0.editEach("items") { fieldReference(&$0) } }
            }
        }
        volume.edit("hostPath") { $0.setDefault("", at: "type") }
        volume.edit("iscsi") { $0.setDefault("default", at: "iscsiInterface") }
        volume.edit("ephemeral", "volumeClaimTemplate") { claim(&$0) }
        volume.edit("image") { image in
            let isMoving = isLatest(image["reference"]?.string ?? "")
            image.setDefault(isMoving ? "Always" : "IfNotPresent", at: "pullPolicy")
        }
    }
}
