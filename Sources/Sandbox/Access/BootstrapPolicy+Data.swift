// SPDX-License-Identifier: Apache-2.0

/// The ClusterRoles and bindings of a new cluster that people and workloads meet; those of its own controllers, which
/// act here without asking, are left out.
extension BootstrapPolicy {
    /// A role a block: its name, `+LABEL` for each role it is aggregated to, `=LABEL` for what it aggregates. Then a
    /// rule a line: groups, resources, verbs and (rarely) names, or `url`, paths and verbs. `core` is the empty group.
    static let roles = """
        cluster-admin
          * * *
          url * *
        admin =admin
        edit +admin =edit
        view +edit =view
        system:aggregate-to-admin +admin
          authorization.k8s.io localsubjectaccessreviews create
          rbac.authorization.k8s.io rolebindings,roles all
        system:aggregate-to-edit +edit
          core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy read
          core serviceaccounts impersonate
          core pods,pods/attach,pods/exec,pods/portforward,pods/proxy write
          core pods/eviction create
          core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,\
        serviceaccounts,services,services/proxy write
          core serviceaccounts/token create
          apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,\
        statefulsets,statefulsets/scale write
          autoscaling horizontalpodautoscalers write
          batch cronjobs,jobs write
          extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,\
        replicasets,replicasets/scale,replicationcontrollers/scale write
          policy poddisruptionbudgets write
          networking.k8s.io ingresses,networkpolicies write
          coordination.k8s.io leases all
          resource.k8s.io resourceclaims,resourceclaimtemplates write
        system:aggregate-to-view +view
          core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,\
        replicationcontrollers/scale,serviceaccounts,services,services/status read
          core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,\
        resourcequotas,resourcequotas/status read
          core namespaces read
          discovery.k8s.io endpointslices read
          apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,\
        replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status read
          autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status read
          batch cronjobs,cronjobs/status,jobs,jobs/status read
          extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,\
        ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale \
        read
          policy poddisruptionbudgets,poddisruptionbudgets/status read
          networking.k8s.io ingresses,ingresses/status,networkpolicies read
          resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates read
        system:auth-delegator
          authentication.k8s.io tokenreviews create
          authorization.k8s.io subjectaccessreviews create
        system:basic-user
          authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews create
          authentication.k8s.io selfsubjectreviews create
        system:certificates.k8s.io:certificatesigningrequests:nodeclient
          certificates.k8s.io certificatesigningrequests/nodeclient create
        system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
          certificates.k8s.io certificatesigningrequests/selfnodeclient create
        system:certificates.k8s.io:kube-apiserver-client-approver
          certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client
        system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
          certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client-kubelet
        system:certificates.k8s.io:kubelet-serving-approver
          certificates.k8s.io signers approve kubernetes.io/kubelet-serving
        system:certificates.k8s.io:legacy-unknown-approver
          certificates.k8s.io signers approve kubernetes.io/legacy-unknown
        system:discovery
          url /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/ get
        system:kube-aggregator
          core endpoints,services read
        system:kube-dns
          core endpoints,services list,watch
        system:kubelet-api-admin
          core nodes read
          core nodes proxy
          core nodes/log,nodes/metrics,nodes/proxy,nodes/stats *
        system:monitoring
          url /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/* get
        system:node-bootstrapper
          certificates.k8s.io certificatesigningrequests create,get,list,watch
        system:node-problem-detector
          core nodes get
          core nodes/status patch
          core,events.k8s.io events create,patch,update
        system:node-proxier
          core endpoints,services list,watch
          core nodes read
          core,events.k8s.io events create,patch,update
          discovery.k8s.io endpointslices list,watch
        system:persistent-volume-provisioner
          core persistentvolumes create,delete,get,list,watch
          core persistentvolumeclaims get,list,update,watch
          storage.k8s.io storageclasses read
          core events watch
          core,events.k8s.io events create,patch,update
        system:public-info-viewer
          url /healthz,/livez,/readyz,/version,/version/ get
        system:service-account-issuer-discovery
          url /.well-known/openid-configuration,/openid/v1/jwks get
        system:volume-scheduler
          core persistentvolumes get,list,patch,update,watch
          storage.k8s.io storageclasses read
          core persistentvolumeclaims get,list,patch,update,watch
        """

    /// A ClusterRoleBinding a line: its name, which is its role's, and its subjects.
    static let bindings = """
        cluster-admin Group/system:masters
        system:basic-user Group/system:authenticated
        system:discovery Group/system:authenticated
        system:kube-dns ServiceAccount/kube-dns
        system:monitoring Group/system:monitoring
        system:node-proxier User/system:kube-proxy
        system:public-info-viewer Group/system:authenticated Group/system:unauthenticated
        system:service-account-issuer-discovery Group/system:serviceaccounts
        system:volume-scheduler User/system:kube-scheduler
        """
}
