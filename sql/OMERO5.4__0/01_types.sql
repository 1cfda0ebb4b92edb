-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

CREATE DOMAIN nonnegative_int AS int4 CHECK (VALUE >= 0);

CREATE DOMAIN nonnegative_float AS float8 CHECK (VALUE >= 0);

CREATE DOMAIN positive_int AS int4 CHECK (VALUE > 0);

CREATE DOMAIN positive_float AS float8 CHECK (VALUE > 0);

CREATE DOMAIN percent_fraction AS float8 CHECK (VALUE >= 0 AND VALUE <= 1);

CREATE TYPE unitselectricpotential AS ENUM (
    'YV',
    'ZV',
    'EV',
    'PV',
    'TV',
    'GV',
    'MV',
    'kV',
    'hV',
    'daV',
    'V',
    'dV',
    'cV',
    'mV',
    'µV',
    'nV',
    'pV',
    'fV',
    'aV',
    'zV',
    'yV'
);

CREATE TYPE unitsfrequency AS ENUM (
    'YHz',
    'ZHz',
    'EHz',
    'PHz',
    'THz',
    'GHz',
    'MHz',
    'kHz',
    'hHz',
    'daHz',
    'Hz',
    'dHz',
    'cHz',
    'mHz',
    'µHz',
    'nHz',
    'pHz',
    'fHz',
    'aHz',
    'zHz',
    'yHz'
);

CREATE TYPE unitslength AS ENUM (
    'Ym',
    'Zm',
    'Em',
    'Pm',
    'Tm',
    'Gm',
    'Mm',
    'km',
    'hm',
    'dam',
    'm',
    'dm',
    'cm',
    'mm',
    'µm',
    'nm',
    'pm',
    'fm',
    'am',
    'zm',
    'ym',
    'Å',
    'ua',
    'ly',
    'pc',
    'thou',
    'li',
    'in',
    'ft',
    'yd',
    'mi',
    'pt',
    'pixel',
    'reference frame'
);

CREATE TYPE unitspower AS ENUM (
    'YW',
    'ZW',
    'EW',
    'PW',
    'TW',
    'GW',
    'MW',
    'kW',
    'hW',
    'daW',
    'W',
    'dW',
    'cW',
    'mW',
    'µW',
    'nW',
    'pW',
    'fW',
    'aW',
    'zW',
    'yW'
);

CREATE TYPE unitspressure AS ENUM (
    'YPa',
    'ZPa',
    'EPa',
    'PPa',
    'TPa',
    'GPa',
    'MPa',
    'kPa',
    'hPa',
    'daPa',
    'Pa',
    'dPa',
    'cPa',
    'mPa',
    'µPa',
    'nPa',
    'pPa',
    'fPa',
    'aPa',
    'zPa',
    'yPa',
    'bar',
    'Mbar',
    'kbar',
    'dbar',
    'cbar',
    'mbar',
    'atm',
    'psi',
    'Torr',
    'mTorr',
    'mm Hg'
);

CREATE TYPE unitstemperature AS ENUM (
    'K',
    '°C',
    '°F',
    '°R'
);

CREATE TYPE unitstime AS ENUM (
    'Ys',
    'Zs',
    'Es',
    'Ps',
    'Ts',
    'Gs',
    'Ms',
    'ks',
    'hs',
    'das',
    's',
    'ds',
    'cs',
    'ms',
    'µs',
    'ns',
    'ps',
    'fs',
    'as',
    'zs',
    'ys',
    'min',
    'h',
    'd'
);
