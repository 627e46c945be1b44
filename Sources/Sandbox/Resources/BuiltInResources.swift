// SPDX-License-Identifier: Apache-2.0

/// The resources of Kubernetes 1.36, in the order its discovery lists them.
///
/// A line each: group/version, plural, kind, scope (Namespaced, Cluster), verbs (`*` all eight, `gpu` get patch update),
/// short names, categories, storage version hash where known, subresources as `name:kind:verbs`; `-` is none.
enum BuiltInResources {
    static let table = """
        v1 bindings Binding N create - - - -
        v1 componentstatuses ComponentStatus C get,list cs - - -
        v1 configmaps ConfigMap N * cm - qFsyl6wFWjQ= -
        v1 endpoints Endpoints N * ep - fWeeMqaN/OA= -
        v1 events Event N * ev - r2yiGXH7wu8= -
        v1 limitranges LimitRange N * limits - EBKMFVe6cwo= -
        v1 namespaces Namespace C create,delete,get,list,patch,update,watch ns - Q3oi5N2YM8M= finalize:Namespace:update;status:Namespace:gpu
        v1 nodes Node C * no - XwShjMxG9Fs= proxy:NodeProxyOptions:create,delete,get,patch,update;status:Node:gpu
        v1 persistentvolumeclaims PersistentVolumeClaim N * pvc - QWTyNDq0dC4= status:PersistentVolumeClaim:gpu
        v1 persistentvolumes PersistentVolume C * pv - HN/zwEC+JgM= status:PersistentVolume:gpu
        v1 pods Pod N * po all xPOwRZ+Yhw8= attach:PodAttachOptions:create,get;binding:Binding:create;ephemeralcontainers:Pod:gpu;eviction:Eviction:create;exec:PodExecOptions:create,get;log:Pod:get;portforward:PodPortForwardOptions:create,get;proxy:PodProxyOptions:create,delete,get,patch,update;resize:Pod:gpu;status:Pod:gpu
        v1 podtemplates PodTemplate N * - - LIXB2x4IFpk= -
        v1 replicationcontrollers ReplicationController N * rc all Jond2If31h0= scale:Scale:gpu;status:ReplicationController:gpu
        v1 resourcequotas ResourceQuota N * quota - 8uhSgffRX6w= status:ResourceQuota:gpu
        v1 secrets Secret N * - - S6u1pOWzb84= -
        v1 serviceaccounts ServiceAccount N * sa - pbx9ZvyFpBE= token:TokenRequest:create
        v1 services Service N * svc all 0/CO1lhkEBI= proxy:ServiceProxyOptions:create,delete,get,patch,update;status:Service:gpu
        apiregistration.k8s.io/v1 apiservices APIService C * - api-extensions - status:APIService:gpu
        apps/v1 controllerrevisions ControllerRevision N * - - 85nkx63pcBU= -
        apps/v1 daemonsets DaemonSet N * ds all dd7pWHUlMKQ= status:DaemonSet:gpu
        apps/v1 deployments Deployment N * deploy all 8aSe+NMegvE= scale:Scale:gpu;status:Deployment:gpu
        apps/v1 replicasets ReplicaSet N * rs all P1RzHs8/mWQ= scale:Scale:gpu;status:ReplicaSet:gpu
        apps/v1 statefulsets StatefulSet N * sts all H+vl74LkKdo= scale:Scale:gpu;status:StatefulSet:gpu
        events.k8s.io/v1 events Event N * ev - - -
        authentication.k8s.io/v1 selfsubjectreviews SelfSubjectReview C create - - - -
        authentication.k8s.io/v1 tokenreviews TokenReview C create - - - -
        authorization.k8s.io/v1 localsubjectaccessreviews LocalSubjectAccessReview N create - - - -
        authorization.k8s.io/v1 selfsubjectaccessreviews SelfSubjectAccessReview C create - - - -
        authorization.k8s.io/v1 selfsubjectrulesreviews SelfSubjectRulesReview C create - - - -
        authorization.k8s.io/v1 subjectaccessreviews SubjectAccessReview C create - - - -
        autoscaling/v2 horizontalpodautoscalers HorizontalPodAutoscaler N * hpa all - status:HorizontalPodAutoscaler:gpu
        autoscaling/v1 horizontalpodautoscalers HorizontalPodAutoscaler N * hpa all - status:HorizontalPodAutoscaler:gpu
        batch/v1 cronjobs CronJob N * cj all sd5LIXh4Fjs= status:CronJob:gpu
        batch/v1 jobs Job N * - all mudhfqk/qZY= status:Job:gpu
        certificates.k8s.io/v1 certificatesigningrequests CertificateSigningRequest C * csr - - approval:CertificateSigningRequest:gpu;status:CertificateSigningRequest:gpu
        networking.k8s.io/v1 ingressclasses IngressClass C * - - - -
        networking.k8s.io/v1 ingresses Ingress N * ing - - status:Ingress:gpu
        networking.k8s.io/v1 ipaddresses IPAddress C * ip - - -
        networking.k8s.io/v1 networkpolicies NetworkPolicy N * netpol - - -
        networking.k8s.io/v1 servicecidrs ServiceCIDR C * - - - status:ServiceCIDR:gpu
        policy/v1 poddisruptionbudgets PodDisruptionBudget N * pdb - - status:PodDisruptionBudget:gpu
        rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding C * - - - -
        rbac.authorization.k8s.io/v1 clusterroles ClusterRole C * - - - -
        rbac.authorization.k8s.io/v1 rolebindings RoleBinding N * - - - -
        rbac.authorization.k8s.io/v1 roles Role N * - - - -
        storage.k8s.io/v1 csidrivers CSIDriver C * - - - -
        storage.k8s.io/v1 csinodes CSINode C * - - - -
        storage.k8s.io/v1 csistoragecapacities CSIStorageCapacity N * - - - -
        storage.k8s.io/v1 storageclasses StorageClass C * sc - - -
        storage.k8s.io/v1 volumeattachments VolumeAttachment C * - - - status:VolumeAttachment:gpu
        storage.k8s.io/v1 volumeattributesclasses VolumeAttributesClass C * vac - - -
        admissionregistration.k8s.io/v1 mutatingadmissionpolicies MutatingAdmissionPolicy C * - api-extensions - -
        admissionregistration.k8s.io/v1 mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C * - api-extensions - -
        admissionregistration.k8s.io/v1 mutatingwebhookconfigurations MutatingWebhookConfiguration C * - api-extensions - -
        admissionregistration.k8s.io/v1 validatingadmissionpolicies ValidatingAdmissionPolicy C * - api-extensions - status:ValidatingAdmissionPolicy:gpu
        admissionregistration.k8s.io/v1 validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C * - api-extensions - -
        admissionregistration.k8s.io/v1 validatingwebhookconfigurations ValidatingWebhookConfiguration C * - api-extensions - -
        apiextensions.k8s.io/v1 customresourcedefinitions CustomResourceDefinition C * crd,crds api-extensions - status:CustomResourceDefinition:gpu
        scheduling.k8s.io/v1 priorityclasses PriorityClass C * pc - - -
        coordination.k8s.io/v1 leases Lease N * - - gqkMMb/YqFM= -
        node.k8s.io/v1 runtimeclasses RuntimeClass C * - - - -
        discovery.k8s.io/v1 endpointslices EndpointSlice N * - - - -
        resource.k8s.io/v1 deviceclasses DeviceClass C * - - - -
        resource.k8s.io/v1 resourceclaims ResourceClaim N * - - - status:ResourceClaim:gpu
        resource.k8s.io/v1 resourceclaimtemplates ResourceClaimTemplate N * - - - -
        resource.k8s.io/v1 resourceslices ResourceSlice C * - - - -
        flowcontrol.apiserver.k8s.io/v1 flowschemas FlowSchema C * - - - status:FlowSchema:gpu
        flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations PriorityLevelConfiguration C * - - - status:PriorityLevelConfiguration:gpu
        """
}
