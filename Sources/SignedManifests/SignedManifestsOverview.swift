// SignedManifests: Manifests over folders and OpenSSH signatures on them: write, sign, verify, find what does not belong.
