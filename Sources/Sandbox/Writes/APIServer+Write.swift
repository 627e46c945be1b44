// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    /// Creates an object: names, defaults, ownership, validation, then the store.
    ///
    /// - Parameter owners: the managed fields that an apply has worked out; otherwise the writer owns what it wrote.
    mutating func create(_ object: Object, _ request: WriteRequest, owners: ManagedFields? = nil) throws(StatusError)
        -> Object
    {
        let type = request.type
        var object = object
        var request = request
        if object.name.isEmpty, let prefix = object.value(at: "metadata", "generateName")?.string, !prefix.isEmpty {
            object.setMetadata("name", .string(prefix.prefix(58) + nameSuffix()))
        }
        request.name = object.name
        if type.namespaced { object.setMetadata("namespace", .string(request.namespace)) }
        try admit(request)
        object = prepared(object, type)
        try checkEscalation(object, old: nil, request)
        let time = now().secondsDescription
        var managed = owners ?? ManagedFields()
        if owners == nil {
            managed.update(
                from: EmptyObjects.object(type), to: object, schema: schema(for: type),
                manager: request.fieldManager("Update"),
                filter: request.filter, time: time)
        }
        // After ownership was worked out: what webhooks add belongs to nobody.
        object = try admitted(object, request, operation: "create")
        for key in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "generation"] {
            object.setMetadata(key, nil)
        }
        object.setMetadata("uid", .string(uuid()))
        object.setMetadata("creationTimestamp", .string(time))
        if type.hasGeneration { object.setMetadata("generation", 1) }
        let allocation = addresses
        Strategy.prepareForCreate(&object, type, addresses: &addresses)
        object.setMetadata("managedFields", managed.value)
        if store.object(request.key) != nil { throw .alreadyExists(type, object.name) }
        let causes = Validation.causes(object, old: nil, type: type)
        guard causes.isEmpty else {
            addresses = allocation
            throw .invalid(group: type.group, kind: type.kind, name: object.name, causes: causes)
        }
        object = object.inCanonicalOrder(custom: type.custom != nil)
        if request.dryRun {
            addresses = allocation
            return object
        }
        return put(object, at: request.key)
    }

    /// Replaces an object (or its status): a write that changes nothing keeps the resourceVersion.
    mutating func update(_ object: Object, _ request: WriteRequest, owners: ManagedFields? = nil) throws(StatusError)
        -> Object
    {
        let type = request.type
        guard let live = store.object(request.key) else { throw .notFound(type, request.name) }
        if !object.resourceVersion.isEmpty, object.resourceVersion != live.resourceVersion {
            throw .conflict(type, request.name)
        }
        if !object.uid.isEmpty, object.uid != live.uid {
            throw .conflict(
                type, request.name,
                "Precondition failed: UID in precondition: \(object.uid), UID in object meta: \(live.uid)")
        }
        var object = object
        if type.namespaced { object.setMetadata("namespace", .string(request.namespace)) }
        for key in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
            object.setMetadata(key, live.metadata[key])
        }
        object = prepared(object, type)
        try checkEscalation(object, old: live, request)
        let managed = owners ?? self.managed(object, live: live, request)
        object = try admitted(object, request, operation: "update")
        Strategy.prepareForUpdate(&object, live: live, type, subresource: request.subresource, addresses: &addresses)
        object.setMetadata("managedFields", managed.value)
        object.setMetadata("resourceVersion", .string(live.resourceVersion))
        if type.hasGeneration, Strategy.specification(object) != Strategy.specification(live) {
            object.setMetadata("generation", .integer((live.generation ?? 0) + 1))
        }
        let causes = Validation.causes(object, old: live, type: type)
        guard causes.isEmpty else {
            throw .invalid(group: type.group, kind: type.kind, name: request.name, causes: causes)
        }
        let unchanged =
            object.withoutManagedFields == live.withoutManagedFields
            && managed.isSame(as: ManagedFields(live.value(at: "metadata", "managedFields")))
        if unchanged { return live }
        object = object.inCanonicalOrder(custom: type.custom != nil)
        if request.dryRun { return object }
        let stored = put(object, at: request.key)
        if stored.isTerminating, Strategy.isFinalized(stored) { remove(request.key) }
        return stored
    }

    private func managed(_ object: Object, live: Object, _ request: WriteRequest) -> ManagedFields {
        let liveFields = live.value(at: "metadata", "managedFields")
        var fields = ManagedFields(liveFields)
        // A client may rewrite the list, or reset it with one empty entry.
        if request.subresource.isEmpty, let given = object.value(at: "metadata", "managedFields"),
            let entries = given.array, !entries.isEmpty, given != liveFields
        {
            fields = ManagedFields(given)
        }
        fields.update(
            from: live, to: object, schema: schema(for: request.type), manager: request.fieldManager("Update"),
            filter: request.filter, time: now().secondsDescription)
        return fields
    }

    /// Normalised and defaulted, as decoding into the server's types does.
    func prepared(_ object: Object, _ type: ResourceType) -> Object {
        if let custom = type.custom { return CustomSchema.prepared(object, custom.schema) }
        var object = Normalizer.normalized(object, schema(for: type))
        Defaults.apply(to: &object, type)
        ZeroFields.fill(&object, type)
        return object
    }

    /// The namespace must exist, and take new content.
    private func admit(_ request: WriteRequest) throws(StatusError) {
        guard request.type.namespaced else { return }
        let key = StoreKey(kind: GroupKind(group: "", kind: "Namespace"), namespace: "", name: request.namespace)
        guard let namespace = store.object(key) else { throw .namespaceNotFound(request.namespace) }
        guard namespace.isTerminating else { return }
        throw .forbidden(
            request.type, request.name,
            "unable to create new content in namespace \(request.namespace) because it is being terminated",
            causes: [
                StatusError.Cause(
                    reason: "NamespaceTerminating", message: "namespace \(request.namespace) is being terminated",
                    field: "metadata.namespace")
            ])
    }
}
