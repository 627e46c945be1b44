// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let references = [
        referenceVariants,
        referenceNamespaces,
        referenceAccounts,
        referenceBases,
        referenceAmbiguous,
    ]

    /// Variants in two namespaces, their accounts and roles.
    private static let referenceVariants = Golden(
        name: "references-variants", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../one, ../two]

            """#,
            "one/kustomization.yaml": #"""
            resources: [../base]
            namespace: one

            """#,
            "two/kustomization.yaml": #"""
            resources: [../base]
            namespace: two
            namePrefix: t-

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            secretGenerator: [{name: s, literals: [a=b]}]

            """#,
            "base/a.yaml": #"""
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: sa}
            secrets: [{name: s}]
            imagePullSecrets: [{name: s}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: rb}
            subjects: [{kind: ServiceAccount, name: sa}, {kind: ServiceAccount, name: sa, namespace: one}, {kind: ServiceAccount, name: default}]
            roleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: r}
            rules: [{resourceNames: [s]}]

            """#,
        ],
        expected: #"""
            apiVersion: v1
            imagePullSecrets:
            - name: s-k695gkmbtk
            kind: ServiceAccount
            metadata:
              name: sa
              namespace: one
            secrets:
            - name: s
            ---
            apiVersion: v1
            imagePullSecrets:
            - name: t-s-k695gkmbtk
            kind: ServiceAccount
            metadata:
              name: t-sa
              namespace: two
            secrets:
            - name: s
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              name: r
              namespace: one
            rules:
            - resourceNames:
              - s-k695gkmbtk
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              name: t-r
              namespace: two
            rules:
            - resourceNames:
              - t-s-k695gkmbtk
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              name: rb
              namespace: one
            roleRef:
              apiGroup: rbac.authorization.k8s.io
              kind: Role
              name: r
            subjects:
            - kind: ServiceAccount
              name: sa
              namespace: one
            - kind: ServiceAccount
              name: sa
              namespace: one
            - kind: ServiceAccount
              name: default
              namespace: one
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              name: t-rb
              namespace: two
            roleRef:
              apiGroup: rbac.authorization.k8s.io
              kind: Role
              name: t-r
            subjects:
            - kind: ServiceAccount
              name: t-sa
              namespace: two
            - kind: ServiceAccount
              name: sa
              namespace: one
            - kind: ServiceAccount
              name: default
              namespace: two
            ---
            apiVersion: v1
            data:
              a: Yg==
            kind: Secret
            metadata:
              name: s-k695gkmbtk
              namespace: one
            type: Opaque
            ---
            apiVersion: v1
            data:
              a: Yg==
            kind: Secret
            metadata:
              name: t-s-k695gkmbtk
              namespace: two
            type: Opaque

            """#)

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
}
