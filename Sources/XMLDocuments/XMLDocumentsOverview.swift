// XMLDocuments: XML in and out as value trees; the only importer of libxml2.
