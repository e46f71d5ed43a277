#pragma once
// Debian builds libxml2 with ICU, whose headers clash with Foundation's own copy in debug builds.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/tree.h>
#include <libxml/xmlreader.h>
#include <libxml/xmlwriter.h>
#include <libxml/xmlerror.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <libxml/globals.h>
// xmlFree is a mutable global function pointer, which Swift 6 refuses: call it from C.
static inline void cxml_free(void *p) { xmlFree(p); }
