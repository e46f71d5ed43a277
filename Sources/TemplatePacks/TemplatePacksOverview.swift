// TemplatePacks: Filter and test packs by name: Ansible, AVD, netlab, SONiC.
