// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let referencePlaces = [
        everyPlace
    ]

    /// Names in most of the places where objects name others.
    private static let everyPlace = Golden(
        name: "references-places", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [targets.yaml, pods.yaml, others.yaml]
            namePrefix: p-
            nameSuffix: -s

            """#,
            "targets.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: cm}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: sec}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: svc}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: sa}
            imagePullSecrets: [{name: sec}]
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: pvc}
            spec: {volumeName: pv, storageClassName: sc}
            ---
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pv}
            spec: {storageClassName: sc, azureFile: {secretName: sec}}
            ---
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: sc}
            parameters: {secretName: sec, adminSecretName: sec, userSecretName: sec, secretRef: sec}
            ---
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata: {name: pc}

            """#,
            "pods.yaml": #"""
            apiVersion: v1
            kind: Pod
            metadata: {name: pod}
            spec: &spec
              serviceAccountName: sa
              priorityClassName: pc
              imagePullSecrets: [{name: sec}]
              volumes:
              - {name: a, configMap: {name: cm}}
              - {name: b, secret: {secretName: sec}}
              - {name: c, persistentVolumeClaim: {claimName: pvc}}
              - {name: d, projected: {sources: [{configMap: {name: cm}}, {secret: {name: sec}}]}}
              containers: &containers
              - name: c
                image: i
                env:
                - {name: A, valueFrom: {configMapKeyRef: {name: cm, key: k}}}
                - {name: B, valueFrom: {secretKeyRef: {name: sec, key: k}}}
                envFrom: [{configMapRef: {name: cm}}, {secretRef: {name: sec}}]
              initContainers: *containers
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec: {template: {spec: {serviceAccountName: sa, priorityClassName: pc, volumes: [{name: a, configMap: {name: cm}}, {name: c, persistentVolumeClaim: {claimName: pvc}}], initContainers: [{name: i, image: i, envFrom: [{secretRef: {name: sec}}]}]}}}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec: {serviceName: svc, volumeClaimTemplates: [{spec: {storageClassName: sc}}], template: {spec: {serviceAccountName: sa}}}
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: cron}
            spec: {jobTemplate: {spec: {template: {spec: {serviceAccountName: sa, priorityClassName: pc, volumes: [{name: b, secret: {secretName: sec}}], containers: [{name: c, image: i, env: [{name: A, valueFrom: {configMapKeyRef: {name: cm, key: k}}}]}]}}}}}
            ---
            apiVersion: v1
            kind: PodTemplate
            metadata: {name: pt}
            template: {spec: {volumes: [{name: b, secret: {secretName: sec}}], serviceAccountName: sa}}
            ---
            apiVersion: v1
            kind: ReplicationController
            metadata: {name: rc}
            spec: {template: {spec: {volumes: [{name: b, secret: {secretName: sec}}], serviceAccountName: sa}}}

            """#,
            "others.yaml": #"""
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: hpa}
            spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: ing, annotations: {nginx.ingress.kubernetes.io/auth-tls-secret: sec, nginx.ingress.kubernetes.io/fastcgi-params-configmap: cm, ingress.kubernetes.io/auth-secret: sec}}
            spec: {defaultBackend: {service: {name: svc}}, tls: [{secretName: sec}], rules: [{http: {paths: [{backend: {service: {name: svc}}}, {backend: {serviceName: svc}}]}}]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: role}
            rules: [{resourceNames: [cm, sec, other]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: role}
            rules: [{resourceNames: [pv, cm]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: rb}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: role}
            subjects: [{kind: ServiceAccount, name: sa}]
            ---
            apiVersion: v1
            kind: Node
            metadata: {name: node}
            spec: {configSource: {configMap: cm}}
            ---
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata: {name: kn}
            spec: {template: {spec: {containers: [{image: i, env: [{name: B, valueFrom: {secretKeyRef: {name: sec, key: k}}}]}]}}}

            """#,
        ],
        expected: #"""
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata:
              name: p-sc-s
            parameters:
              adminSecretName: p-sec-s
              secretName: p-sec-s
              secretRef: p-sec-s
              userSecretName: p-sec-s
            ---
            apiVersion: v1
            imagePullSecrets:
            - name: p-sec-s
            kind: ServiceAccount
            metadata:
              name: p-sa-s
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              name: p-role-s
            rules:
            - resourceNames:
              - p-cm-s
              - p-sec-s
              - other
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              name: p-role-s
            rules:
            - resourceNames:
              - p-pv-s
              - p-cm-s
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              name: p-rb-s
            roleRef:
              apiGroup: rbac.authorization.k8s.io
              kind: ClusterRole
              name: p-role-s
            subjects:
            - kind: ServiceAccount
              name: p-sa-s
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: p-cm-s
            ---
            apiVersion: v1
            kind: Secret
            metadata:
              name: p-sec-s
            ---
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata:
              name: p-kn-s
            spec:
              template:
                spec:
                  containers:
                  - env:
                    - name: B
                      valueFrom:
                        secretKeyRef:
                          key: k
                          name: p-sec-s
                    image: i
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: p-svc-s
            ---
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata:
              name: p-pc-s
            ---
            apiVersion: v1
            kind: PersistentVolume
            metadata:
              name: p-pv-s
            spec:
              azureFile:
                secretName: p-sec-s
              storageClassName: p-sc-s
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata:
              name: p-pvc-s
            spec:
              storageClassName: p-sc-s
              volumeName: p-pv-s
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: p-web-s
            spec:
              template:
                spec:
                  initContainers:
                  - envFrom:
                    - secretRef:
                        name: p-sec-s
                    image: i
                    name: i
                  priorityClassName: p-pc-s
                  serviceAccountName: p-sa-s
                  volumes:
                  - configMap:
                      name: p-cm-s
                    name: a
                  - name: c
                    persistentVolumeClaim:
                      claimName: p-pvc-s
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              name: p-db-s
            spec:
              serviceName: p-svc-s
              template:
                spec:
                  serviceAccountName: p-sa-s
              volumeClaimTemplates:
              - spec:
                  storageClassName: p-sc-s
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata:
              name: p-cron-s
            spec:
              jobTemplate:
                spec:
                  template:
                    spec:
                      containers:
                      - env:
                        - name: A
                          valueFrom:
                            configMapKeyRef:
                              key: k
                              name: p-cm-s
                        image: i
                        name: c
                      priorityClassName: p-pc-s
                      serviceAccountName: p-sa-s
                      volumes:
                      - name: b
                        secret:
                          secretName: p-sec-s
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              name: p-hpa-s
            spec:
              scaleTargetRef:
                apiVersion: apps/v1
                kind: Deployment
                name: p-web-s
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              annotations:
                ingress.kubernetes.io/auth-secret: p-sec-s
                nginx.ingress.kubernetes.io/auth-tls-secret: p-sec-s
                nginx.ingress.kubernetes.io/fastcgi-params-configmap: p-cm-s
              name: p-ing-s
            spec:
              defaultBackend:
                service:
                  name: p-svc-s
              rules:
              - http:
                  paths:
                  - backend:
                      service:
                        name: p-svc-s
                  - backend:
                      serviceName: p-svc-s
              tls:
              - secretName: p-sec-s
            ---
            apiVersion: v1
            kind: Node
            metadata:
              name: p-node-s
            spec:
              configSource:
                configMap: p-cm-s
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: p-pod-s
            spec:
              containers:
              - env:
                - name: A
                  valueFrom:
                    configMapKeyRef:
                      key: k
                      name: p-cm-s
                - name: B
                  valueFrom:
                    secretKeyRef:
                      key: k
                      name: p-sec-s
                envFrom:
                - configMapRef:
                    name: p-cm-s
                - secretRef:
                    name: p-sec-s
                image: i
                name: c
              imagePullSecrets:
              - name: p-sec-s
              initContainers:
              - env:
                - name: A
                  valueFrom:
                    configMapKeyRef:
                      key: k
                      name: p-cm-s
                - name: B
                  valueFrom:
                    secretKeyRef:
                      key: k
                      name: p-sec-s
                envFrom:
                - configMapRef:
                    name: p-cm-s
                - secretRef:
                    name: p-sec-s
                image: i
                name: c
              priorityClassName: p-pc-s
              serviceAccountName: p-sa-s
              volumes:
              - configMap:
                  name: p-cm-s
                name: a
              - name: b
                secret:
                  secretName: p-sec-s
              - name: c
                persistentVolumeClaim:
                  claimName: p-pvc-s
              - name: d
                projected:
                  sources:
                  - configMap:
                      name: p-cm-s
                  - secret:
                      name: p-sec-s
            ---
            apiVersion: v1
            kind: PodTemplate
            metadata:
              name: p-pt-s
            template:
              spec:
                serviceAccountName: sa
                volumes:
                - name: b
                  secret:
                    secretName: p-sec-s
            ---
            apiVersion: v1
            kind: ReplicationController
            metadata:
              name: p-rc-s
            spec:
              template:
                spec:
                  serviceAccountName: p-sa-s
                  volumes:
                  - name: b
                    secret:
                      secretName: sec

            """#)
}
