// SPDX-License-Identifier: Apache-2.0

extension Golden {
    /// Two overlays on one base in one build: names are told apart by prefix.
    static let diamond = Golden(
        name: "diamond", target: "all",
        files: [
            "all/kustomization.yaml": #"""
            namespace: shop
            nameSuffix: -x
            resources: [../blue, ../green]
            sortOptions: {order: fifo}

            """#,
            "base/kustomization.yaml": #"""
            resources: [web.yaml]
            configMapGenerator: [{name: conf, literals: [a=b]}]

            """#,
            "base/web.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web, containers: [{name: web, image: web, envFrom: [{configMapRef: {name: conf}}]}]}}}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: web}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: web}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects: [{kind: ServiceAccount, name: web}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: web}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects: [{kind: ServiceAccount, name: web, namespace: default}]

            """#,
            "blue/kustomization.yaml": #"""
            namePrefix: blue-
            resources: [../base]
            configMapGenerator: [{name: conf, behavior: merge, literals: [colour=blue]}]
            labels: [{pairs: {colour: blue}, includeSelectors: true}]

            """#,
            "green/kustomization.yaml": #"""
            namePrefix: green-
            resources: [../base]
            configMapGenerator: [{name: conf, behavior: merge, literals: [colour=green]}]
            labels: [{pairs: {colour: green}, includeSelectors: true}]

            """#,
        ],
        expected: #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              labels: {colour: blue}
              name: blue-web-x
              namespace: shop
            spec:
              selector:
                matchLabels: {app: web, colour: blue}
              template:
                metadata:
                  labels: {app: web, colour: blue}
                spec:
                  containers:
                  - envFrom:
                    - configMapRef: {name: blue-conf-x-hbk5k7ctkh}
                    image: web
                    name: web
                  serviceAccountName: blue-web-x
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              labels: {colour: blue}
              name: blue-web-x
              namespace: shop
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              labels: {colour: blue}
              name: blue-web-x
              namespace: shop
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects:
            - {kind: ServiceAccount, name: blue-web-x, namespace: shop}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata:
              labels: {colour: blue}
              name: blue-web-x
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects:
            - {kind: ServiceAccount, name: blue-web-x, namespace: shop}
            ---
            apiVersion: v1
            data: {a: b, colour: blue}
            kind: ConfigMap
            metadata:
              labels: {colour: blue}
              name: blue-conf-x-hbk5k7ctkh
              namespace: shop
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              labels: {colour: green}
              name: green-web-x
              namespace: shop
            spec:
              selector:
                matchLabels: {app: web, colour: green}
              template:
                metadata:
                  labels: {app: web, colour: green}
                spec:
                  containers:
                  - envFrom:
                    - configMapRef: {name: green-conf-x-d95d597hb6}
                    image: web
                    name: web
                  serviceAccountName: green-web-x
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              labels: {colour: green}
              name: green-web-x
              namespace: shop
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              labels: {colour: green}
              name: green-web-x
              namespace: shop
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects:
            - {kind: ServiceAccount, name: green-web-x, namespace: shop}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata:
              labels: {colour: green}
              name: green-web-x
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects:
            - {kind: ServiceAccount, name: green-web-x, namespace: shop}
            ---
            apiVersion: v1
            data: {a: b, colour: green}
            kind: ConfigMap
            metadata:
              labels: {colour: green}
              name: green-conf-x-d95d597hb6
              namespace: shop

            """#)
}
