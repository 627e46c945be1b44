// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Values as the server's internal Go types marshal to JSON: that is how some messages show them. The fields have Go's
/// names and order, and all are there, set or not.
enum GoStruct {
    /// A value as a type of `types` shows it.
    static func dump(_ value: Value?, as type: String) -> Value {
        guard let fields = types[type] else { return value?.sortedByKey ?? .null }
        var result: [Object.Pair] = []
        for field in fields {
            if field.name == "*ObjectMeta" {
                // Marshals by its own names.
                let metadata = value?["metadata"]?.object ?? Object()
                for key in ["name", "generateName", "namespace", "labels", "annotations"] {
                    if let entry = metadata[key] { result.append(Object.Pair(key: key, value: entry.sortedByKey)) }
                }
                continue
            }
            // `.` is the same map: the internal type holds in a struct of its own what the versioned one has here.
            let entry =
                field.key == "." ? value : value?.object?.value(at: field.key.split(separator: "/").map(String.init))
            result.append(Object.Pair(key: field.name, value: show(entry, field.kind)))
        }
        return .object(Object(uniqueKeysWithValues: result))
    }

    private static func show(_ value: Value?, _ kind: String) -> Value {
        switch kind {
        case "s": return value ?? ""
        case "i": return value ?? 0
        case "b": return value ?? false
        case "-": return value?.sortedByKey ?? .null
        default:
            if kind.hasPrefix("[]") {
                guard let items = value?.array else { return .null }
                return .array(items.map { dump($0, as: String(kind.dropFirst(2))) })
            }
            if kind.hasPrefix("*") {
                guard let value, !value.isNull else { return .null }
                return dump(value, as: String(kind.dropFirst()))
            }
            return dump(value, as: kind)
        }
    }

    private struct Entry: Sendable {
        var name: String
        var key: String
        var kind: String
    }

    private static let types: [String: [Entry]] = {
        var result: [String: [Entry]] = [:]
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            result[String(parts[0])] = parts[1].split(separator: " ").map { word in
                let fields = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
                let name = fields[0]
                let key = fields.count > 2 ? fields[2] : name.prefix(1).lowercased() + name.dropFirst()
                return Entry(name: name, key: key, kind: fields.count > 1 ? fields[1] : "-")
            }
        }
        return result
    }()

    /// A type a line: its fields, each `Name=kind=key`. Kinds: `s`, `i` and `b` for texts, numbers and truths that are
    /// no pointers, `-` for anything shown as it is or as null, `Type` for a struct, `*Type` for a pointer to one and
    /// `[]Type` for a list. The key is given where it is not the name with a small first letter.
    private static let table = """
        DeploymentStrategy:Type=s RollingUpdate=*RollingUpdateDeployment
        RollingUpdateDeployment:MaxUnavailable MaxSurge
        DaemonSetUpdateStrategy:Type=s RollingUpdate=*RollingUpdateDaemonSet
        RollingUpdateDaemonSet:MaxUnavailable MaxSurge
        StatefulSetUpdateStrategy:Type=s RollingUpdate=*RollingUpdateStatefulSetStrategy
        RollingUpdateStatefulSetStrategy:Partition=i MaxUnavailable
        SuccessPolicy:Rules=[]SuccessPolicyRule
        SuccessPolicyRule:SucceededIndexes SucceededCount
        ValidationRule:Rule=s Message=s MessageExpression=s Reason FieldPath=s OptionalOldSelf
        ScopeSelector:MatchExpressions=[]ScopedResourceSelectorRequirement
        ScopedResourceSelectorRequirement:ScopeName=s Operator=s Values
        PodDisruptionBudgetSpec:MinAvailable Selector MaxUnavailable UnhealthyPodEvictionPolicy
        ServicePort:Name=s Protocol=s AppProtocol Port=i TargetPort=i NodePort=i
        PodTemplateSpec:*ObjectMeta Spec=PodSpec
        PodSpec:Volumes=[]Volume InitContainers=[]Container Containers=[]Container EphemeralContainers RestartPolicy=s TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy=s=dnsPolicy NodeSelector ServiceAccountName=s AutomountServiceAccountToken NodeName=s SecurityContext=PodSecurityContext=. ImagePullSecrets=[]LocalObjectReference Hostname=s Subdomain=s SetHostnameAsFQDN=-=setHostnameAsFQDN Affinity=*Affinity SchedulerName=s Tolerations=[]Toleration HostAliases=[]HostAlias PriorityClassName=s Priority PreemptionPolicy DNSConfig=*PodDNSConfig=dnsConfig ReadinessGates=[]PodReadinessGate RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints=[]TopologySpreadConstraint OS=*PodOS=os SchedulingGates=[]PodSchedulingGate ResourceClaims=[]PodResourceClaim Resources=*ResourceRequirements HostnameOverride SchedulingGroup
        PodSecurityContext:HostNetwork=b HostPID=b=hostPID HostIPC=b=hostIPC ShareProcessNamespace HostUsers SELinuxOptions=*SELinuxOptions=securityContext/seLinuxOptions WindowsOptions=-=securityContext/windowsOptions RunAsUser=-=securityContext/runAsUser RunAsGroup=-=securityContext/runAsGroup RunAsNonRoot=-=securityContext/runAsNonRoot SupplementalGroups=-=securityContext/supplementalGroups SupplementalGroupsPolicy=-=securityContext/supplementalGroupsPolicy FSGroup=-=securityContext/fsGroup FSGroupChangePolicy=-=securityContext/fsGroupChangePolicy Sysctls=[]Sysctl=securityContext/sysctls SeccompProfile=*SeccompProfile=securityContext/seccompProfile AppArmorProfile=*AppArmorProfile=securityContext/appArmorProfile SELinuxChangePolicy=-=securityContext/seLinuxChangePolicy
        Container:Name=s Image=s Command Args WorkingDir=s Ports=[]ContainerPort EnvFrom=[]EnvFromSource Env=[]EnvVar Resources=ResourceRequirements ResizePolicy=[]ContainerResizePolicy RestartPolicy RestartPolicyRules VolumeMounts=[]VolumeMount VolumeDevices=[]VolumeDevice LivenessProbe=*Probe ReadinessProbe=*Probe StartupProbe=*Probe Lifecycle=*Lifecycle TerminationMessagePath=s TerminationMessagePolicy=s ImagePullPolicy=s SecurityContext=*SecurityContext Stdin=b StdinOnce=b TTY=b=tty
        ContainerPort:Name=s HostPort=i ContainerPort=i Protocol=s HostIP=s=hostIP
        EnvFromSource:Prefix=s ConfigMapRef=*ConfigMapEnvSource SecretRef=*ConfigMapEnvSource
        ConfigMapEnvSource:Name=s Optional
        EnvVar:Name=s Value=s ValueFrom=*EnvVarSource
        EnvVarSource:FieldRef=*ObjectFieldSelector ResourceFieldRef=*ResourceFieldSelector ConfigMapKeyRef=*KeySelector SecretKeyRef=*KeySelector FileKeyRef
        ObjectFieldSelector:APIVersion=s=apiVersion FieldPath=s
        ResourceFieldSelector:ContainerName=s Resource=s Divisor=s
        KeySelector:Name=s Key=s Optional
        ResourceRequirements:Limits Requests Claims=[]ResourceClaim
        ResourceClaim:Name=s Request=s
        ContainerResizePolicy:ResourceName=s RestartPolicy=s
        VolumeMount:Name=s ReadOnly=b RecursiveReadOnly MountPath=s SubPath=s MountPropagation SubPathExpr=s
        VolumeDevice:Name=s DevicePath=s
        Probe:Exec=*ExecAction HTTPGet=*HTTPGetAction=httpGet TCPSocket=*TCPSocketAction=tcpSocket GRPC=*GRPCAction=grpc InitialDelaySeconds=i TimeoutSeconds=i PeriodSeconds=i SuccessThreshold=i FailureThreshold=i TerminationGracePeriodSeconds
        Lifecycle:PostStart=*LifecycleHandler PreStop=*LifecycleHandler StopSignal
        LifecycleHandler:Exec=*ExecAction HTTPGet=*HTTPGetAction=httpGet TCPSocket=*TCPSocketAction=tcpSocket Sleep=*SleepAction
        ExecAction:Command
        HTTPGetAction:Path=s Port=i Host=s Scheme=s HTTPHeaders=[]HTTPHeader=httpHeaders
        HTTPHeader:Name=s Value=s
        TCPSocketAction:Port=i Host=s
        GRPCAction:Port=i Service
        SleepAction:Seconds=i
        SecurityContext:Capabilities=*Capabilities Privileged SELinuxOptions=*SELinuxOptions=seLinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot ReadOnlyRootFilesystem AllowPrivilegeEscalation ProcMount SeccompProfile=*SeccompProfile AppArmorProfile=*AppArmorProfile
        Capabilities:Add Drop
        SELinuxOptions:User=s Role=s Type=s Level=s
        SeccompProfile:Type=s LocalhostProfile
        AppArmorProfile:Type=s LocalhostProfile
        Sysctl:Name=s Value=s
        LocalObjectReference:Name=s
        Toleration:Key=s Operator=s Value=s Effect=s TolerationSeconds
        HostAlias:IP=s=ip Hostnames
        PodDNSConfig:Nameservers Searches Options=[]PodDNSConfigOption
        PodDNSConfigOption:Name=s Value
        PodReadinessGate:ConditionType=s
        PodOS:Name=s
        PodSchedulingGate:Name=s
        PodResourceClaim:Name=s ResourceClaimName ResourceClaimTemplateName
        TopologySpreadConstraint:MaxSkew=i TopologyKey=s WhenUnsatisfiable=s LabelSelector MinDomains NodeAffinityPolicy NodeTaintsPolicy MatchLabelKeys
        Affinity:NodeAffinity=*NodeAffinity PodAffinity=*PodAffinity PodAntiAffinity=*PodAffinity
        NodeAffinity:RequiredDuringSchedulingIgnoredDuringExecution=*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution=[]PreferredSchedulingTerm
        NodeSelector:NodeSelectorTerms=[]NodeSelectorTerm
        NodeSelectorTerm:MatchExpressions=[]NodeSelectorRequirement MatchFields=[]NodeSelectorRequirement
        NodeSelectorRequirement:Key=s Operator=s Values
        PreferredSchedulingTerm:Weight=i Preference=NodeSelectorTerm
        PodAffinity:RequiredDuringSchedulingIgnoredDuringExecution=[]PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution=[]WeightedPodAffinityTerm
        WeightedPodAffinityTerm:Weight=i PodAffinityTerm=PodAffinityTerm
        PodAffinityTerm:LabelSelector Namespaces TopologyKey=s NamespaceSelector MatchLabelKeys MismatchLabelKeys
        Volume:Name=s HostPath=*HostPathVolumeSource EmptyDir=*EmptyDirVolumeSource GCEPersistentDisk=-=gcePersistentDisk AWSElasticBlockStore=-=awsElasticBlockStore GitRepo Secret=*SecretVolumeSource NFS=*NFSVolumeSource=nfs ISCSI=-=iscsi Glusterfs PersistentVolumeClaim=*PersistentVolumeClaimVolumeSource RBD=-=rbd Quobyte FlexVolume Cinder CephFS=-=cephfs Flocker DownwardAPI=*DownwardAPIVolumeSource=downwardAPI FC=-=fc AzureFile ConfigMap=*ConfigMapVolumeSource VsphereVolume AzureDisk PhotonPersistentDisk Projected=*ProjectedVolumeSource PortworxVolume ScaleIO=-=scaleIO StorageOS=-=storageos CSI=*CSIVolumeSource=csi Ephemeral Image=*ImageVolumeSource
        HostPathVolumeSource:Path=s Type
        EmptyDirVolumeSource:Medium=s SizeLimit
        SecretVolumeSource:SecretName=s Items=[]KeyToPath DefaultMode Optional
        NFSVolumeSource:Server=s Path=s ReadOnly=b
        PersistentVolumeClaimVolumeSource:ClaimName=s ReadOnly=b
        DownwardAPIVolumeSource:Items=[]DownwardAPIVolumeFile DefaultMode
        DownwardAPIVolumeFile:Path=s FieldRef=*ObjectFieldSelector ResourceFieldRef=*ResourceFieldSelector Mode
        ConfigMapVolumeSource:Name=s Items=[]KeyToPath DefaultMode Optional
        KeyToPath:Key=s Path=s Mode
        ProjectedVolumeSource:Sources=[]VolumeProjection DefaultMode
        VolumeProjection:Secret=*SecretProjection DownwardAPI=*DownwardAPIProjection=downwardAPI ConfigMap=*SecretProjection ServiceAccountToken=*ServiceAccountTokenProjection ClusterTrustBundle PodCertificate
        SecretProjection:Name=s Items=[]KeyToPath Optional
        DownwardAPIProjection:Items=[]DownwardAPIVolumeFile
        ServiceAccountTokenProjection:Audience=s ExpirationSeconds=i Path=s
        CSIVolumeSource:Driver=s ReadOnly FSType=-=fsType VolumeAttributes NodePublishSecretRef=*LocalObjectReference
        ImageVolumeSource:Reference=s PullPolicy=s
        """
}
