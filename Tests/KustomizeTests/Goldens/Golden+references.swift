// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let references = [
        referenceNamespaces,
        referenceAccounts,
        referenceBases,
        referenceAmbiguous,
        referenceChain,
        referenceOwn,
        referencePolicies,
    ]

    /// References across namespaces that move: webhooks, accounts, roles, API services.
    private static let referenceNamespaces = Golden(
        name: "references-namespaces", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../base]
            namespace: final

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-

            """#,
            "base/a.yaml": #"""
            apiVersion: v1
            kind: Service
            metadata: {name: svc, namespace: old}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: w}
            webhooks: [{name: x, clientConfig: {service: {name: svc, namespace: old}}}, {name: y, clientConfig: {service: {name: svc, namespace: final}}}, {name: z, clientConfig: {service: {name: svc}}}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: crb}
            subjects: [{kind: ServiceAccount, name: sa, namespace: old}, {kind: ServiceAccount, name: default, namespace: old}]
            roleRef: {kind: ClusterRole, name: cr, apiGroup: rbac.authorization.k8s.io}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: sa, namespace: old}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: cr}
            rules: [{apiGroups: [""], resources: [secrets], resourceNames: [sec, cm, other]}]
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: sec, namespace: old}
            ---
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1.x}
            spec: {service: {name: svc, namespace: old}}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              name: p-sa
              namespace: final
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              name: p-cr
            rules:
            - apiGroups:
              - ""
              resourceNames:
              - p-sec
              - cm
              - other
              resources:
              - secrets
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata:
              name: p-crb
            roleRef:
              apiGroup: rbac.authorization.k8s.io
              kind: ClusterRole
              name: p-cr
            subjects:
            - kind: ServiceAccount
              name: p-sa
              namespace: final
            - kind: ServiceAccount
              name: default
              namespace: final
            ---
            apiVersion: v1
            kind: Secret
            metadata:
              name: p-sec
              namespace: final
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: p-svc
              namespace: final
            ---
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata:
              name: v1.x
            spec:
              service:
                name: p-svc
                namespace: final
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata:
              name: p-w
            webhooks:
            - clientConfig:
                service:
                  name: p-svc
                  namespace: final
              name: x
            - clientConfig:
                service:
                  name: p-svc
                  namespace: final
              name: "y"
            - clientConfig:
                service:
                  name: p-svc
                  namespace: final
              name: z

            """#)

    /// A binding's accounts in another namespace, and which kind of role it means.
    private static let referenceAccounts = Golden(
        name: "references-accounts", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-

            """#,
            "a.yaml": #"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: m, namespace: one}
            subjects: [{kind: ServiceAccount, name: sa, namespace: two},{kind: ServiceAccount, name: sa}, {kind: User, name: sa}]
            roleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: sa, namespace: two}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: sa, namespace: three}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: r, namespace: one}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: r}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              name: p-sa
              namespace: three
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              name: p-sa
              namespace: two
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              name: p-r
              namespace: one
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              name: p-r
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              name: p-m
              namespace: one
            roleRef:
              apiGroup: rbac.authorization.k8s.io
              kind: Role
              name: p-r
            subjects:
            - kind: ServiceAccount
              name: p-sa
              namespace: two
            - kind: ServiceAccount
              name: p-sa
              namespace: two
            - kind: User
              name: p-sa
              namespace: two

            """#)

    /// Two variants of one base: each reference follows its own variant.
    private static let referenceBases = Golden(
        name: "references-bases", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../a, ../b]

            """#,
            "a/kustomization.yaml": #"""
            resources: [../base]
            namePrefix: a-

            """#,
            "b/kustomization.yaml": #"""
            resources: [../base]
            namePrefix: b-
            nameSuffix: -z

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]

            """#,
            "base/a.yaml": #"""
            apiVersion: v1
            kind: Secret
            metadata: {name: d}
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: d, annotations: {nginx.ingress.kubernetes.io/auth-secret: d}}
            spec: {tls: [{secretName: d}]}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: a-d
            ---
            apiVersion: v1
            kind: Secret
            metadata:
              name: b-d-z
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              annotations:
                nginx.ingress.kubernetes.io/auth-secret: a-d
              name: a-d
            spec:
              tls:
              - secretName: a-d
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              annotations:
                nginx.ingress.kubernetes.io/auth-secret: b-d-z
              name: b-d-z
            spec:
              tls:
              - secretName: b-d-z

            """#)

    /// Of two candidates with other prefixes the reference takes none.
    private static let referenceAmbiguous = Golden(
        name: "references-ambiguous", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../a, ../b, c.yaml]

            """#,
            "overlay/c.yaml": #"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: d, annotations: {nginx.ingress.kubernetes.io/auth-secret: d}}
            spec: {tls: [{secretName: d}]}

            """#,
            "a/kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: a-

            """#,
            "b/kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: b-

            """#,
            "a/a.yaml": #"""
            apiVersion: v1
            kind: Secret
            metadata: {name: d}

            """#,
            "b/a.yaml": #"""
            apiVersion: v1
            kind: Secret
            metadata: {name: d}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: a-d
            ---
            apiVersion: v1
            kind: Secret
            metadata:
              name: b-d
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              annotations:
                nginx.ingress.kubernetes.io/auth-secret: d
              name: d
            spec:
              tls:
              - secretName: d

            """#)

    /// Names that a base, an overlay and plugins change one after the other, and then a hash.
    private static let referenceChain = Golden(
        name: "references-chain", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../base]
            namePrefix: o-
            transformers:
            - |-
              apiVersion: builtin
              kind: PrefixTransformer
              metadata: {name: p}
              prefix: t-
              fieldSpecs: [{path: metadata/name, kind: ConfigMap}]
            - |-
              apiVersion: builtin
              kind: SuffixTransformer
              metadata: {name: p}
              suffix: -s
              fieldSpecs: [{path: metadata/name}]

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: b-
            configMapGenerator: [{name: cm, literals: [a=b]}]

            """#,
            "base/a.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec: {template: {spec: {volumes: [{name: v, configMap: {name: cm}}, {name: w, configMap: {name: b-cm}}]}}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: d}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: d}
            spec: {serviceName: d}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: d}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Namespace
            metadata:
              name: d
            ---
            apiVersion: v1
            data:
              a: b
            kind: ConfigMap
            metadata:
              name: t-o-b-cm-s-4h2mbtbbt6
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: o-b-d-s
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: o-b-d-s
            spec:
              template:
                spec:
                  volumes:
                  - configMap:
                      name: t-o-b-cm-s-4h2mbtbbt6
                    name: v
                  - configMap:
                      name: t-o-b-cm-s-4h2mbtbbt6
                    name: w
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              name: o-b-d-s
            spec:
              serviceName: o-b-d-s

            """#)

    /// An own rule that leads to a map, and to a list of names and maps.
    private static let referenceOwn = Golden(
        name: "references-own", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-
            configurations: [c.yaml]

            """#,
            "c.yaml": #"""
            nameReference: [{kind: My, fieldSpecs: [{kind: My, path: spec/foo}, {kind: My, path: spec/seq}]}]

            """#,
            "a.yaml": #"""
            apiVersion: example.com/v1
            kind: My
            metadata: {name: m}
            spec: {foo: {name: m}, seq: [m, {name: m}, {name: 1}]}

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: My
            metadata:
              name: p-m
            spec:
              foo:
                name: p-m
              seq:
              - p-m
              - name: p-m
              - name: 1

            """#)

    /// Admission policies and priority classes.
    private static let referencePolicies = Golden(
        name: "references-policies", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-

            """#,
            "a.yaml": #"""
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: vap}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: vapb}
            spec: {policyName: vap}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: a}
            spec: {template: {spec: {priorityClassName: x}}}
            ---
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata: {name: x}

            """#,
        ],
        expected: #"""
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata:
              name: p-x
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: p-a
            spec:
              template:
                spec:
                  priorityClassName: p-x
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata:
              name: p-vap
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata:
              name: p-vapb
            spec:
              policyName: p-vap

            """#)
}
