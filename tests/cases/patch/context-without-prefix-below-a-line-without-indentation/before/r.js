
/**
 * Module dependencies.
 */

var statusBodies = require('http').STATUS_CODES,
    queryString = require('querystring'),
    mime = require('mime')

// --- Helpers
