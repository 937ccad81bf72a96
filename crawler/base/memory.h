#include "parsers/text/memory.h"
