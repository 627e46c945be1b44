// SPDX-License-Identifier: Apache-2.0

extension TableColumns {
    /// The columns of the kinds that are looked at less, in the form of `table`.
    static let others = #"""
        ReplicationController|Name|string|name|0|@name
        ReplicationController|Desired|integer||0|Replicas is the number of desired replicas.
        ReplicationController|Current|integer||0|Replicas is the most recently observed number of replicas.
        ReplicationController|Ready|integer||0|The number of ready replicas for this replication controller.
        ReplicationController|Age|string||0|@age
        ReplicationController|Containers|string||1|Names of each container in the template.
        ReplicationController|Images|string||1|Images referenced by each container in the template.
        ReplicationController|Selector|string||1|Selector is a label query over pods that should match the Replicas count.
        PodTemplate|Name|string|name|0|@name
        PodTemplate|Containers|string||0|Names of each container in the template.
        PodTemplate|Images|string||0|Images referenced by each container in the template.
        PodTemplate|Pod Labels|string||0|The labels for the pod template.
        Endpoints|Name|string|name|0|@name
        Endpoints|Endpoints|string||0|The set of all endpoints is the union of all subsets.
        Endpoints|Age|string||0|@age
        ComponentStatus|Name|string|name|0|@name
        ComponentStatus|Status|string||0|Status of the component conditions
        ComponentStatus|Message|string||0|Message of the component conditions
        ComponentStatus|Error|string||0|Error of the component conditions
        ControllerRevision.apps|Name|string|name|0|@name
        ControllerRevision.apps|Controller|string||0|Controller of the object
        ControllerRevision.apps|Revision|string||0|Revision indicates the revision of the state represented by Data.
        ControllerRevision.apps|Age|string||0|@age
        IngressClass.networking.k8s.io|Name|string|name|0|@name
        IngressClass.networking.k8s.io|Controller|string||0|Controller that is responsible for handling this class
        IngressClass.networking.k8s.io|Parameters|string||0|A reference to a resource with additional parameters
        IngressClass.networking.k8s.io|Age|string||0|@age
        IPAddress.networking.k8s.io|Name|string|name|0|@name
        IPAddress.networking.k8s.io|ParentRef|string||0|ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.
        ServiceCIDR.networking.k8s.io|Name|string|name|0|@name
        ServiceCIDR.networking.k8s.io|CIDRs|string||0|CIDRs defines the IP blocks in CIDR notation (e.g. "192.168.0.0/24" or "2001:db8::/64") from which to assign service cluster IPs. Max of two CIDRs is allowed, one of each IP family. This field is immutable.
        ServiceCIDR.networking.k8s.io|Age|string||0|@age
        ClusterRoleBinding.rbac.authorization.k8s.io|Name|string|name|0|@name
        ClusterRoleBinding.rbac.authorization.k8s.io|Role|string||0|RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.
        ClusterRoleBinding.rbac.authorization.k8s.io|Age|string||0|@age
        ClusterRoleBinding.rbac.authorization.k8s.io|Users|string||1|Users in the clusterRoleBinding
        ClusterRoleBinding.rbac.authorization.k8s.io|Groups|string||1|Groups in the clusterRoleBinding
        ClusterRoleBinding.rbac.authorization.k8s.io|ServiceAccounts|string||1|ServiceAccounts in the clusterRoleBinding
        CertificateSigningRequest.certificates.k8s.io|Name|string|name|0|@name
        CertificateSigningRequest.certificates.k8s.io|Age|string||0|@age
        CertificateSigningRequest.certificates.k8s.io|SignerName|string||0|Requested signer for the request.
        CertificateSigningRequest.certificates.k8s.io|Requestor|string||0|Base64-encoded PKCS#10 CSR data
        CertificateSigningRequest.certificates.k8s.io|RequestedDuration|string||0|expirationSeconds is the requested duration of validity of the issued certificate.
        CertificateSigningRequest.certificates.k8s.io|Condition|string||0|conditions applied to the request.
        Scale.autoscaling|Name|string||0|@name
        Scale.autoscaling|Desired|integer||0|replicas is the desired number of instances for the scaled object.
        Scale.autoscaling|Available|integer||0|replicas is the actual number of observed instances of the scaled object.
        Scale.autoscaling|Age|string||0|@age
        StorageClass.storage.k8s.io|Name|string|name|0|@name
        StorageClass.storage.k8s.io|Provisioner|string||0|provisioner indicates the type of the provisioner.
        StorageClass.storage.k8s.io|ReclaimPolicy|string||0|reclaimPolicy controls the reclaimPolicy for dynamically provisioned PersistentVolumes of this storage class. Defaults to Delete.
        StorageClass.storage.k8s.io|VolumeBindingMode|string||0|volumeBindingMode indicates how PersistentVolumeClaims should be provisioned and bound.  When unset, VolumeBindingImmediate is used. This field is only honored by servers that enable the VolumeScheduling feature.
        StorageClass.storage.k8s.io|AllowVolumeExpansion|string||0|allowVolumeExpansion shows whether the storage class allow volume expand.
        StorageClass.storage.k8s.io|Age|string||0|@age
        VolumeAttributesClass.storage.k8s.io|Name|string|name|0|@name
        VolumeAttributesClass.storage.k8s.io|DriverName|string||0|Name of the CSI driver This field is immutable.
        VolumeAttributesClass.storage.k8s.io|Age|string||0|@age
        VolumeAttachment.storage.k8s.io|Name|string|name|0|@name
        VolumeAttachment.storage.k8s.io|Attacher|string|name|0|attacher indicates the name of the volume driver that MUST handle this request. This is the name returned by GetPluginName().
        VolumeAttachment.storage.k8s.io|PV|string||0|persistentVolumeName represents the name of the persistent volume to attach.
        VolumeAttachment.storage.k8s.io|Node|string||0|nodeName represents the node that the volume should be attached to.
        VolumeAttachment.storage.k8s.io|Attached|boolean||0|attached indicates the volume is successfully attached. This field must only be set by the entity completing the attach operation, i.e. the external-attacher.
        VolumeAttachment.storage.k8s.io|Age|string||0|@age
        CSINode.storage.k8s.io|Name|string|name|0|@name
        CSINode.storage.k8s.io|Drivers|integer||0|Drivers indicates the number of CSI drivers registered on the node
        CSINode.storage.k8s.io|Age|string||0|@age
        CSIDriver.storage.k8s.io|Name|string|name|0|@name
        CSIDriver.storage.k8s.io|AttachRequired|boolean||0|attachRequired indicates this CSI volume driver requires an attach operation.
        CSIDriver.storage.k8s.io|PodInfoOnMount|boolean||0|podInfoOnMount indicates this CSI volume driver requires additional pod information during mount operations, if set to true.
        CSIDriver.storage.k8s.io|StorageCapacity|boolean||0|storageCapacity indicates that the CSI volume driver wants pod scheduling to consider the storage capacity that the driver deployment will report by creating CSIStorageCapacity objects with capacity information, if set to true.
        CSIDriver.storage.k8s.io|TokenRequests|string||0|tokenRequests indicates the CSI driver needs pods' service account tokens it is mounting volume for to do necessary authentication.
        CSIDriver.storage.k8s.io|RequiresRepublish|boolean||0|requiresRepublish indicates the CSI driver wants `NodePublishVolume` being periodically called to reflect any possible change in the mounted volume.
        CSIDriver.storage.k8s.io|Modes|string||0|volumeLifecycleModes defines what kind of volumes this CSI volume driver supports.
        CSIDriver.storage.k8s.io|Age|string||0|@age
        CSIStorageCapacity.storage.k8s.io|Name|string|name|0|@name
        CSIStorageCapacity.storage.k8s.io|StorageClassName|string||0|storageClassName represents the name of the StorageClass that the reported capacity applies to.
        CSIStorageCapacity.storage.k8s.io|Capacity|string||0|capacity is the value reported by the CSI driver in its GetCapacityResponse for a GetCapacityRequest with topology and parameters that match the previous fields.
        MutatingWebhookConfiguration.admissionregistration.k8s.io|Name|string|name|0|@name
        MutatingWebhookConfiguration.admissionregistration.k8s.io|Webhooks|integer||0|Webhooks indicates the number of webhooks registered in this configuration
        MutatingWebhookConfiguration.admissionregistration.k8s.io|Age|string||0|@age
        ValidatingWebhookConfiguration.admissionregistration.k8s.io|Name|string|name|0|@name
        ValidatingWebhookConfiguration.admissionregistration.k8s.io|Webhooks|integer||0|Webhooks indicates the number of webhooks registered in this configuration
        ValidatingWebhookConfiguration.admissionregistration.k8s.io|Age|string||0|@age
        ValidatingAdmissionPolicy.admissionregistration.k8s.io|Name|string|name|0|@name
        ValidatingAdmissionPolicy.admissionregistration.k8s.io|Validations|integer||0|Validations indicates the number of validation rules defined in this configuration
        ValidatingAdmissionPolicy.admissionregistration.k8s.io|ParamKind|string||0|ParamKind specifies the kind of resources used to parameterize this policy
        ValidatingAdmissionPolicy.admissionregistration.k8s.io|Age|string||0|@age
        ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io|Name|string|name|0|@name
        ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io|PolicyName|string||0|PolicyName indicates the policy definition which the policy binding binded to
        ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io|ParamRef|string||0|ParamRef indicates the param resource which sets the configration param
        ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io|Age|string||0|@age
        MutatingAdmissionPolicy.admissionregistration.k8s.io|Name|string|name|0|@name
        MutatingAdmissionPolicy.admissionregistration.k8s.io|Mutations|integer||0|Mutation indicates the number of mutations rules defined in this configuration
        MutatingAdmissionPolicy.admissionregistration.k8s.io|ParamKind|string||0|ParamKind specifies the kind of resources used to parameterize this policy
        MutatingAdmissionPolicy.admissionregistration.k8s.io|Age|string||0|@age
        MutatingAdmissionPolicyBinding.admissionregistration.k8s.io|Name|string|name|0|@name
        MutatingAdmissionPolicyBinding.admissionregistration.k8s.io|PolicyName|string||0|PolicyName indicates the policy definition which the policy binding binded to
        MutatingAdmissionPolicyBinding.admissionregistration.k8s.io|ParamRef|string||0|ParamRef indicates the param resource which sets the configration param
        MutatingAdmissionPolicyBinding.admissionregistration.k8s.io|Age|string||0|@age
        PriorityClass.scheduling.k8s.io|Name|string|name|0|@name
        PriorityClass.scheduling.k8s.io|Value|integer||0|value represents the integer value of this priority class. This is the actual priority that pods receive when they have the name of this class in their pod spec.
        PriorityClass.scheduling.k8s.io|Global-Default|boolean||0|globalDefault specifies whether this PriorityClass should be considered as the default priority for pods that do not have any priority class. Only one PriorityClass can be marked as `globalDefault`. However, if more than one PriorityClasses exists with their `globalDefault` field set to true, the smallest value of such global default PriorityClasses will be used as the default priority.
        PriorityClass.scheduling.k8s.io|Age|string||0|@age
        PriorityClass.scheduling.k8s.io|PreemptionPolicy|string||0|preemptionPolicy is the Policy for preempting pods with lower priority. One of Never, PreemptLowerPriority. Defaults to PreemptLowerPriority if unset.
        RuntimeClass.node.k8s.io|Name|string|name|0|@name
        RuntimeClass.node.k8s.io|Handler|string||0|
        RuntimeClass.node.k8s.io|Age|string||0|@age
        FlowSchema.flowcontrol.apiserver.k8s.io|Name|string|name|0|@name
        FlowSchema.flowcontrol.apiserver.k8s.io|PriorityLevel|string||0|`priorityLevelConfiguration` should reference a PriorityLevelConfiguration in the cluster. If the reference cannot be resolved, the FlowSchema will be ignored and marked as invalid in its status. Required.
        FlowSchema.flowcontrol.apiserver.k8s.io|MatchingPrecedence|string||0|`matchingPrecedence` is used to choose among the FlowSchemas that match a given request.
        FlowSchema.flowcontrol.apiserver.k8s.io|DistinguisherMethod|string||0|`distinguisherMethod` defines how to compute the flow distinguisher for requests that match this schema. `nil` specifies that the distinguisher is disabled and thus will always be the empty string.
        FlowSchema.flowcontrol.apiserver.k8s.io|Age|string||0|@age
        FlowSchema.flowcontrol.apiserver.k8s.io|MissingPL|string||0|references a broken or non-existent PriorityLevelConfiguration
        PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io|Name|string|name|0|@name
        PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io|Type|string||0|Whether this priority level is exempt from limits.
        PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io|NominalConcurrencyShares|string||0|The nominal share of the server's concurrency.
        PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io|Queues|string||0|The number of queues.
        PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io|HandSize|string||0|The number of queues that a flow is dealt.
        PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io|QueueLengthLimit|string||0|The most requests that wait in a queue.
        PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io|Age|string||0|@age
        APIService.apiregistration.k8s.io|Name|string|name|0|@name
        APIService.apiregistration.k8s.io|Service|string||0|The reference to the service that hosts this API endpoint.
        APIService.apiregistration.k8s.io|Available|string||0|Whether this service is available.
        APIService.apiregistration.k8s.io|Age|string||0|@age
        DeviceClass.resource.k8s.io|Name|string|name|0|@name
        DeviceClass.resource.k8s.io|Age|string||0|@age
        ResourceClaim.resource.k8s.io|Name|string|name|0|@name
        ResourceClaim.resource.k8s.io|State|string||0|A summary of the current state (allocated, pending, reserved, etc.).
        ResourceClaim.resource.k8s.io|Age|string||0|@age
        ResourceClaimTemplate.resource.k8s.io|Name|string|name|0|@name
        ResourceClaimTemplate.resource.k8s.io|Age|string||0|@age
        ResourceSlice.resource.k8s.io|Name|string|name|0|@name
        ResourceSlice.resource.k8s.io|Node|string||0|NodeName identifies the node which provides the resources in this pool.
        ResourceSlice.resource.k8s.io|Driver|string||0|Driver identifies the DRA driver providing the capacity information.
        ResourceSlice.resource.k8s.io|Pool|string||0|Name is used to identify the pool.
        ResourceSlice.resource.k8s.io|Age|string||0|@age
        """#
}
