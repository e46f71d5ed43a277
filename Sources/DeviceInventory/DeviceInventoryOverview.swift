// DeviceInventory: Devices, groups, platforms, endpoints, selectors and references to credentials.
