// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a container's validity depends on beyond the container.
struct ContainerContext: Sendable {
    /// Volumes that may be mounted, by name: the source's key.
    var volumes: [String: String]
    var gracePeriod: Int64?
    var restartPolicy: String
    /// Whether the pod's users are the host's.
    var sharesUsers = true
}

extension Causes {
    mutating func containers(_ list: Field, _ context: ContainerContext) {
        guard list.count > 0 else { return required(Field(list.path, nil)) }
        var names: Set<String> = []
        for container in list.items {
            self.container(container, context)
            if !names.insert(container["name"].string).inserted { duplicate(container["name"]) }
            running(container, context)
            restarts(container)
        }
        hostPorts(list.items)
    }

    mutating func initContainers(_ list: Field, besides others: Field, _ context: ContainerContext) {
        var names = Set(others.items.map { $0["name"].string })
        for container in list.items {
            self.container(container, context)
            if container["restartPolicy"].isSet || container["restartPolicyRules"].count > 0 { restarts(container) }
            let name = container["name"].string
            if !name.isEmpty, !names.insert(name).inserted { duplicate(container["name"]) }
            hostPorts([container])
            guard container["restartPolicy"].string != "Always" else {
                running(container, context)
                continue
            }
            for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container[key].isSet {
                forbidden(container[key], "may not be set for init containers without restartPolicy=Always")
            }
        }
    }

    /// Source: validateContainerRestartPolicy (KEP-5307).
    private mutating func restarts(_ container: Field) {
        let policy = container["restartPolicy"]
        let rules = container["restartPolicyRules"]
        if policy.isSet {
            choice(policy, ["Always", "Never", "OnFailure"])
        } else if rules.count > 0 {
            required(policy, "must specify restartPolicy when restart rules are used")
        }
        for rule in rules.items {
            if !["Restart", "RestartAllContainers"].contains(rule["action"].string) {
                unsupported(
                    rule["action"], ["Restart", "RestartAllContainers"], showing: .string(rule["action"].string))
            }
            guard rule["exitCodes"].isSet else {
                required(rule["exitCodes"], "must be specified")
                continue
            }
            let operation = rule["exitCodes"]["operator"]
            if !["In", "NotIn"].contains(operation.string) {
                unsupported(operation, ["In", "NotIn"], showing: .string(operation.string))
            }
        }
    }

    /// Probes and lifecycle, of containers that keep running.
    private mutating func running(_ container: Field, _ context: ContainerContext) {
        for key in ["postStart", "preStop"] where container["lifecycle"][key].isSet {
            handler(
                container["lifecycle"][key], ["exec", "httpGet", "tcpSocket", "sleep"], gracePeriod: context.gracePeriod
            )
        }
        for key in ["livenessProbe", "readinessProbe", "startupProbe"] where container[key].isSet {
            probe(container[key], gracePeriod: context.gracePeriod)
            if key == "readinessProbe" {
                if container[key]["terminationGracePeriodSeconds"].isSet {
                    invalid(container[key]["terminationGracePeriodSeconds"], "must not be set for readinessProbes")
                }
            } else if container[key]["successThreshold"].integer != 1 {
                invalid(container[key]["successThreshold"], "must be 1")
            }
        }
    }

    /// What all kinds of containers have in common.
    private mutating func container(_ container: Field, _ context: ContainerContext) {
        requiredText(container["name"], NameRules.label)
        if container["image"].string.isEmpty { required(container["image"]) }
        requiredChoice(container["terminationMessagePolicy"], ["File", "FallbackToLogsOnError"])
        ports(container["ports"])
        environment(container["env"])
        environmentSources(container["envFrom"])
        mounts(container, context)
        devices(container, context)
        requiredChoice(container["imagePullPolicy"], ["Always", "IfNotPresent", "Never"])
        resources(container["resources"], isPodLevel: false)
        resizing(container["resizePolicy"], context)
        security(container["securityContext"], context)
    }

    private mutating func ports(_ list: Field) {
        var names: Set<String> = []
        for port in list.items {
            let name = port["name"].string
            if !name.isEmpty {
                if !NameRules.portName(name).isEmpty {
                    check(port["name"], NameRules.portName)
                } else if !names.insert(name).inserted {
                    duplicate(port["name"])
                }
            }
            if port["containerPort"].integer ?? 0 == 0 {
                required(port["containerPort"])
            } else {
                range(port["containerPort"], 1...65535)
            }
            if port["hostPort"].integer ?? 0 != 0 { range(port["hostPort"], 1...65535) }
            requiredChoice(port["protocol"], ["SCTP", "TCP", "UDP"])
            if !port["hostIP"].string.isEmpty { address(port["hostIP"]) }
        }
    }

    private mutating func hostPorts(_ containers: [Field]) {
        var seen: Set<String> = []
        for port in containers.flatMap({ $0["ports"].items }) {
            guard let number = port["hostPort"].integer, number != 0 else { continue }
            let text = "\(port["protocol"].string)/\(port["hostIP"].string)/\(number)"
            if !seen.insert(text).inserted { duplicate(port["hostPort"], showing: .string(text)) }
        }
    }

    private mutating func mounts(_ container: Field, _ context: ContainerContext) {
        let devices = container["volumeDevices"].items
        var paths: Set<String> = []
        let list = container["volumeMounts"]
        for mount in list.items {
            let name = mount["name"].string
            if name.isEmpty { required(mount["name"]) }
            if context.volumes[name] == nil { notFound(mount["name"]) }
            if mount["mountPath"].string.isEmpty { required(mount["mountPath"]) }
            if !paths.insert(mount["mountPath"].string).inserted { invalid(mount["mountPath"], "must be unique") }
            if devices.contains(where: { $0["name"].string == name }) {
                invalid(mount["name"], "must not already exist in volumeDevices")
            }
            if devices.contains(where: { $0["devicePath"].string == mount["mountPath"].string }) {
                invalid(mount["mountPath"], "must not already exist as a path in volumeDevices")
            }
            // The server reports these without the mount's index.
            if !mount["subPath"].string.isEmpty {
                localPath(Field("\(list.path).subPath", mount["subPath"].value), reserved: false)
            }
            if !mount["subPathExpr"].string.isEmpty {
                if !mount["subPath"].string.isEmpty {
                    invalid(mount["subPathExpr"], "subPathExpr and subPath are mutually exclusive")
                }
                localPath(Field("\(list.path).subPathExpr", mount["subPathExpr"].value), reserved: false)
            }
            let propagation = Field("\(list.path).mountPropagation", mount["mountPropagation"].value)
            choice(propagation, ["Bidirectional", "HostToContainer", "None"])
            if propagation.string == "Bidirectional", container["securityContext"]["privileged"].value != true {
                forbidden(propagation, "Bidirectional mount propagation is available only to privileged containers")
            }
            recursion(mount, at: "\(list.path).recursiveReadOnly")
        }
    }

    /// Source: validateMountRecursiveReadOnly.
    private mutating func recursion(_ mount: Field, at path: String) {
        let mode = Field(path, mount["recursiveReadOnly"].value)
        switch mode.string {
        case "", "Disabled": break
        case "Enabled", "IfPossible":
            if mount["readOnly"].value != true { forbidden(mode, "may only be specified when readOnly is true") }
            if !["", "None"].contains(mount["mountPropagation"].string) {
                forbidden(mode, "may only be specified when mountPropagation is None or not specified")
            }
        default: unsupported(mode, ["Disabled", "Enabled", "IfPossible"])
        }
    }

    private mutating func devices(_ container: Field, _ context: ContainerContext) {
        var names: Set<String> = []
        var paths: Set<String> = []
        for device in container["volumeDevices"].items {
            let name = device["name"].string
            if name.isEmpty { required(device["name"]) }
            if names.contains(name) { invalid(device["name"], "must be unique") }
            if let source = context.volumes[name] {
                if !["persistentVolumeClaim", "ephemeral"].contains(source) {
                    invalid(
                        device["name"],
                        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
                }
            } else {
                notFound(device["name"])
            }
            let path = device["devicePath"].string
            if path.isEmpty { required(device["devicePath"]) }
            if paths.contains(path) { invalid(device["devicePath"], "must be unique") }
            if path.split(separator: "/").contains("..") {
                invalid(device["devicePath"], "can not contain backsteps ('..')")
            } else {
                paths.insert(path)
            }
            if container["volumeMounts"].items.contains(where: { $0["name"].string == name }) {
                invalid(device["name"], "must not already exist in volumeMounts")
            }
            if container["volumeMounts"].items.contains(where: { $0["mountPath"].string == path }) {
                invalid(device["devicePath"], "must not already exist as a path in volumeMounts")
            }
            if !name.isEmpty { names.insert(name) }
        }
    }

    private mutating func resizing(_ policies: Field, _ context: ContainerContext) {
        var seen: Set<String> = []
        for policy in policies.items {
            let name = policy["resourceName"].string
            if !seen.insert(name).inserted { duplicate(policy, showing: .string(name)) }
            requiredChoice(Field(policies.path, policy["resourceName"].value), ["cpu", "memory"])
            let restart = Field(policies.path, policy["restartPolicy"].value)
            requiredChoice(restart, ["NotRequired", "RestartContainer"])
            if context.restartPolicy == "Never", restart.string != "NotRequired" {
                invalid(restart, "must be 'NotRequired' when `restartPolicy` is 'Never'")
            }
        }
    }

    private mutating func security(_ context: Field, _ pod: ContainerContext) {
        guard context.isSet else { return }
        defer { appArmor(context["appArmorProfile"]) }
        for key in ["runAsUser", "runAsGroup"] { userID(context[key]) }
        choice(context["procMount"], ["Default", "Unmasked"])
        if context["procMount"].string == "Unmasked", pod.sharesUsers {
            invalid(context["procMount"], "`hostUsers` must be false to use `Unmasked`")
        }
        seccomp(context["seccompProfile"])
        guard context["allowPrivilegeEscalation"].value == false else { return }
        let shown = GoStruct.dump(context.value, as: "SecurityContext")
        if context["privileged"].value == true {
            invalid(
                context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true", showing: shown)
        }
        if context["capabilities"]["add"].items.contains(where: { $0.string == "CAP_SYS_ADMIN" }) {
            invalid(
                context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
                showing: shown)
        }
    }
}
