/* version.h - the version of this build; also stored in every recording. */
#ifndef CMD_VERSION_H
#define CMD_VERSION_H

#define GCTIDE_VERSION "0.1.0"

#endif
