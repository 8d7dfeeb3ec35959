
/**
 * Module dependencies.
 */

var showExceptions = require('exceptions'),
    statusBodies = require('http').STATUS_CODES,
    queryString = require('querystring'),
    mime = require('mime')

// --- Helpers
